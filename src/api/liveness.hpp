// Liveness: when a session must say something, or has been silent for too long (protocol.md, "Server → client" and
// "Close codes"). Pure: time comes in, what is due comes out. It may be asked late or too early; it is never armed
// anew when messages pass, but looks then at what has passed.
//
// A blocked socket still has our pings in front of it: while it takes anything at all, silence of the peer proves
// nothing, and only a lack of progress ends the session.
#pragma once

#include <algorithm>
#include <cstdint>

#include "api/settings.hpp"
#include "net/random.hpp"

namespace api {

class Liveness {
 public:
  enum class Due : std::uint8_t { nothing, ping, heartbeat, no_pong, no_progress, no_credentials, unfinished };

  // What the sending side says about the socket now.
  struct Socket {
    net::Instant last_sent;
    bool blocked;
  };

  void start(net::Instant now, const ServerSettings& settings, net::Random& random) {
    *this = {};
    said_ = now;
    plan_ping(now, settings, random);
  }
  void expect_credentials(net::Instant until) { credentials_due_ = until; }
  void on_credentials() { credentials_due_ = never; }
  void on_pong() { pong_due_ = never; }
  // The socket takes bytes again.
  void on_progress(net::Instant now, const ServerSettings& settings) {
    if (pong_due_ != never) pong_due_ = now + settings.pong_timeout;
  }
  // A message has begun and not ended. `another`: one before it has ended since this was asked last.
  void on_unfinished(bool unfinished, bool another, net::Instant now, const ServerSettings& settings) {
    if (!unfinished) {
      message_due_ = never;
    } else if (another || message_due_ == never) {
      message_due_ = now + settings.message_timeout;
    }
  }
  // Pings and pongs are no messages: the heartbeat does not wait for them. Ask before and after sending one.
  void before_control(const Socket& socket) {
    if (socket.last_sent > controlled_) said_ = std::max(said_, socket.last_sent);
  }
  void after_control(net::Instant now) { controlled_ = now; }

  // The first thing that is due. Ping and heartbeat are planned anew by it; the others end the session.
  Due next(net::Instant now, const Socket& socket, const ServerSettings& settings, net::Random& random) {
    if (credentials_due_ <= now) return Due::no_credentials;
    if (socket.blocked && socket.last_sent + settings.progress_timeout <= now) return Due::no_progress;
    if (message_due_ <= now) return Due::unfinished;
    if (pong_due_ <= now) {
      if (!socket.blocked) return Due::no_pong;
      pong_due_ = now + settings.pong_timeout;
    }
    before_control(socket);
    if (ping_due_ <= now) {
      plan_ping(now, settings, random);
      if (!socket.blocked) {
        if (pong_due_ == never) pong_due_ = now + settings.pong_timeout;
        return Due::ping;
      }
    }
    if (said_ + settings.heartbeat_interval <= now && !socket.blocked) {
      said_ = now;
      return Due::heartbeat;
    }
    return Due::nothing;
  }

  // When to ask again at the latest.
  net::Instant when(net::Instant now, const Socket& socket, const ServerSettings& settings) const {
    net::Instant when = std::min({ping_due_, pong_due_, message_due_, credentials_due_});
    if (socket.blocked) return std::min(when, socket.last_sent + settings.progress_timeout);
    return std::min(when, std::max(said_ + settings.heartbeat_interval, now));
  }

 private:
  static constexpr net::Instant never = net::Instant::max();

  void plan_ping(net::Instant now, const ServerSettings& settings, net::Random& random) {
    ping_due_ = now + std::chrono::duration_cast<net::Duration>(settings.ping_interval * (0.9 + 0.2 * random.unit()));
  }

  net::Instant ping_due_ = never, pong_due_ = never, message_due_ = never, credentials_due_ = never;
  net::Instant said_{};        // the last message, as far as was looked
  net::Instant controlled_{};  // the last ping or pong of ours
};

}  // namespace api
