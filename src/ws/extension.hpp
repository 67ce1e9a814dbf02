// What a client offers in Sec-WebSocket-Extensions, and what of it is agreed on (RFC 6455, 9.1; RFC 7692, 7.1).
// permessage-deflate is all we know, always without context takeover on either side. Pure.
#pragma once

#include <optional>
#include <string>

#include "http/headers.hpp"

namespace ws {

struct DeflateTerms {
  int window_bits = 15;  // at most so far back may what we deflate refer; with 8 we do not deflate
  std::string answer;    // the value of Sec-WebSocket-Extensions
};

// The first offer that we can keep. One with a parameter that is unknown, malformed, doubled or out of its range is
// passed over, as RFC 7692, 5.1 says; nothing agreed on is no error.
std::optional<DeflateTerms> agree_on_deflate(const http::Headers& headers);

}  // namespace ws
