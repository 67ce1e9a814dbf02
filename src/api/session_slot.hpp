// SessionSlot: one client socket of a serving loop, from its accept to its close: first HTTP, then a WebSocket.
// Compact, since most are idle subscribers (docs: performance.md, "What follows", 3): what only HTTP or a waiting
// command needs is kept apart and gone afterwards. Owner: Server; thread: its loop's.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "api/address_counts.hpp"
#include "api/allowance.hpp"
#include "api/conversation.hpp"
#include "api/liveness.hpp"
#include "http/response.hpp"
#include "hub/fanout.hpp"
#include "net/peer_address.hpp"
#include "ws/decoder.hpp"

namespace api {

struct HttpPhase {
  explicit HttpPhase(const http::RequestLimits& limits) : reader(limits) {}

  http::RequestReader reader;
  std::string held;        // what came behind the request that is being answered
  bool first = true;       // request of the connection: the deadline of the handshake holds
  bool full = false;       // it came beyond the bound of connections
  bool timed = true;       // a request has begun, its deadline runs
  bool answering = false;  // waits for the control loop
  bool ended = false;      // the client will send no more
  std::string container;   // that is being looked for, as it was asked for
  http::AnswerForm form;   // of the request that is being answered
  // It is a download, and has begun or not. The socket's only subscription is its name.
  enum class Download : std::uint8_t { none, asked, begun } download = Download::none;
  feeds::Download::Form download_form{};
  std::unique_ptr<feeds::Follow> stream;  // it is a channel's stream: what is followed
};

// Commands that came while another one waits, or while the backlog is too long.
struct Inbox {
  std::deque<std::string> commands;
  std::size_t bytes = 0;
};

//   free ──accept──▶ http ──upgrade──▶ open ──our close frame──▶ closing ──the peer's──▶ parting ──▶ free
//                      ├──last answer──────────────────────────────────────────────────▶ ┤
//                      └──a channel──▶ streaming ──the channel's end────────────────────▶ ┘
struct SessionSlot {
  enum class State : std::uint8_t {
    free,
    http,
    open,
    streaming,  // a channel is the body of the answer; what comes is thrown away
    closing,    // we said close; what comes is thrown away until the peer says it too
    parting,    // all is said: it leaves the backlog, then our side is shut; what comes is thrown away until the end
  };

  int socket = -1;
  hub::Session session = {};
  State state = State::free;
  Family family = Family::many;
  bool paused = false;      // readiness was reported that was not followed
  bool hung_up = false;     // the peer's side was reported as shut: behind what it said there is an end to be received
  bool streams = false;     // it follows a channel by HTTP, or is about to
  bool json_lines = false;  // and is sent it line by line
  bool shut = false;        // parting: our side is
  bool heard_end = false;   // parting: the peer's side is
  bool deflate = false;     // permessage-deflate was agreed on
  bool changed = false;     // what the cluster is told of it, and it will be
  net::PeerAddress peer;
  AddressCounts::Place address = 0;
  ws::Decoder decoder;
  std::uint64_t number = 0;  // of the WebSocket session on this instance; 0 before the upgrade
  net::WallTime connected{};
  Conversation talk;
  Liveness life;
  Allowance allowance, publishing;
  std::unique_ptr<HttpPhase> http;  // State::http only
  std::unique_ptr<Inbox> inbox;     // while something waits in it
};
static_assert(sizeof(SessionSlot) <= 216);

}  // namespace api
