// Canary: what is known of a lane by what was published on it and heard: numbered, and each that Redis confirmed must
// be heard in `heard_within`. Pure values; RedisBus publishes, listens and drops the lane.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>

#include "net/loop.hpp"

namespace bus {

class Canary {
 public:
  static constexpr net::Duration heard_within = std::chrono::seconds(2);

  bool stands() const { return stands_; }
  // Heard since the subscription stands.
  bool alive() const { return heard_.has_value(); }
  std::optional<net::Instant> heard() const { return heard_; }
  // From sing() to on_heard() of the one that was heard last.
  net::Duration lag() const { return lag_; }
  // One that Redis confirmed long enough ago was not heard.
  bool deaf(net::Instant now) const { return !awaited_.empty() && now - awaited_.front().since >= heard_within; }
  // How many times on end the lane was given up as deaf, while it could be subscribed and Redis confirmed what it was
  // given: what is wrong is between Redis and us alone.
  unsigned deaf_in_a_row() const { return deaf_in_a_row_; }

  void on_standing();
  void on_cut();
  std::uint64_t sing(net::Instant now);
  void on_confirmed(std::uint64_t number, net::Instant now);
  void on_heard(std::uint64_t number, net::Instant now);
  void on_given_up() { ++deaf_in_a_row_; }
  void on_redis_down() { deaf_in_a_row_ = 0; }

 private:
  struct Awaited {
    std::uint64_t number;
    net::Instant since;
  };

  bool stands_ = false;
  std::uint64_t sung_ = 0;
  std::uint64_t sure_after_ = 0;           // up to this one they were sung before the subscription stood, or were heard
  std::array<net::Instant, 8> sung_at_{};  // the last ones; earlier ones, nobody waits for
  std::optional<net::Instant> heard_;
  net::Duration lag_{};
  std::deque<Awaited> awaited_;  // in order; a few, since a lane that does not hear them is dropped
  unsigned deaf_in_a_row_ = 0;
};

}  // namespace bus
