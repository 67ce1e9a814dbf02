// Health: what this instance knows about itself, told without asking anybody at that moment: every loop leaves a beat,
// and the control loop gives each serving loop its Facts once a second (protocol.md, "HTTP"; promise 6).
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "bus/bus.hpp"
#include "http/response.hpp"
#include "net/loop.hpp"

namespace api {

// As the control loop sees it. A plain value.
struct Facts {
  net::Instant at{};  // when; zero: nothing was heard yet
  bus::State bus = bus::State::embedded;
  std::string bus_reason;  // why it is down
  // Since what we published to ourselves was heard on every subscription; and how many times on end one of them heard
  // nothing of it, though Redis confirmed it and had accepted the subscription.
  std::optional<net::Duration> canary_age;
  unsigned deaf_in_a_row = 0;
  bool engine_answers = false;   // a moment ago
  bool engine_answered = false;  // ever since start
  bool bus_connected = false;    // ever since start
  std::size_t channels = 0;      // that somebody here follows
};

// The beats of all loops. Every loop is added before the threads start; then each beats, and any may look.
class Beats {
 public:
  std::size_t add() {
    beats_.emplace_back(0);
    return beats_.size() - 1;
  }
  void beat(std::size_t loop, net::Instant now) {
    beats_[loop].store(now.time_since_epoch().count(), std::memory_order_relaxed);
  }
  bool all_within(net::Duration limit, net::Instant now) const;

 private:
  std::deque<std::atomic<std::int64_t>> beats_;  // 0: not started
};

inline constexpr net::Duration beat_interval = std::chrono::seconds(1);
inline constexpr net::Duration beat_limit = std::chrono::seconds(5);

// From here on it is no accident. Each takes two seconds and a new subscription, and only being heard, or Redis' death,
// ends the count: what is said does not flap.
inline constexpr unsigned deaf_in_a_row_max = 3;

// What a serving loop can say.
struct Vitals {
  Facts facts;
  bool loops_turn = true;
  bool draining = false;
  std::int64_t connections = 0;  // WebSockets of this instance
  net::Instant now{};
};
http::Response health_live(const Vitals& vitals);
http::Response health_ready(const Vitals& vitals);
// `always_200`: whoever asks looks at nothing but the status, and must not take an instance away for what it says.
http::Response health_websocket(const Vitals& vitals, bool always_200 = false);

}  // namespace api
