// Departures: when the clients of an instance that goes may connect elsewhere: one after the other, at a rate that the
// others can take, whichever serving loop they are of. A place in this line is never given twice, and places are a
// tenth further apart than the rate asks for: who is told comes some milliseconds early or late, and in no second may
// the others see more of them than the rate.
//
// Thread: any. Not here: who is told, and what becomes of those who do not go (server_leaving.cpp).
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

#include "net/loop.hpp"

namespace api {

class Departures {
 public:
  explicit Departures(std::uint32_t a_second)
      : apart_(net::Duration(std::chrono::milliseconds(1'100)).count() / a_second + 1) {}

  // The next place that is not in the past.
  net::Instant take(net::Instant now) {
    const std::int64_t earliest = now.time_since_epoch().count();
    std::int64_t next = next_.load(std::memory_order_relaxed);
    while (!next_.compare_exchange_weak(next, std::max(next, earliest) + apart_, std::memory_order_relaxed)) {
    }
    return net::Instant(net::Duration(std::max(next, earliest)));
  }

 private:
  const std::int64_t apart_;  // nanoseconds
  std::atomic<std::int64_t> next_ = 0;
};

}  // namespace api
