// The opening handshake, a server's side (RFC 6455, section 4.2). Pure: a request in, an upgrade or a refusal out.
// Origins, credentials and paths are not here.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "http/request.hpp"
#include "ws/extension.hpp"

namespace ws {

struct Upgrade {
  std::string accept;         // the value of Sec-WebSocket-Accept
  std::string_view protocol;  // the subprotocol agreed on; empty: none
  std::optional<DeflateTerms> deflate = {};
};

// `protocols` are ours, the one we like best first; `deflate`: permessage-deflate may be agreed on. After a refusal the
// connection must be closed and what the client sent behind the request thrown away: it may have been meant for a
// tunnel.
http::OrRefusal<Upgrade> check_upgrade(const http::Request& request, std::span<const std::string_view> protocols,
                                       bool deflate = false);

// The 101 answer, ready to send.
std::string upgrade_response(const Upgrade& upgrade);

// Does it ask for WebSocket, rightly or not? Any other Upgrade ("h2c") is none of ours and is ignored.
bool wants_upgrade(const http::Request& request);

// Sec-WebSocket-Accept for Sec-WebSocket-Key.
std::string accept_key(std::string_view key);

}  // namespace ws
