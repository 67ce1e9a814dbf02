// Balancer: gives each accepted socket to the serving loop that has the fewest, since SO_REUSEPORT spreads unevenly and
// drops handshakes. It lives beside the listener on the control loop; the seats are on their own loops.
//
//   listener ──Accepted──▶ Balancer ──post──▶ the emptiest seat's on_accept, on its loop
//
// A seat is occupied from the moment of its choice, so that a storm of newcomers does not choose the same one; whoever
// closes the connection says left(). Both nets: a seat is any Loop.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "net/network.hpp"

namespace net {

// One serving loop's place. Shared: the balancer fills it, its loop empties it.
class Seat {
 public:
  Seat(Loop& loop, Network::OnAccept on_accept) : loop_(loop), on_accept_(std::move(on_accept)) {}
  std::uint32_t load() const { return load_.load(std::memory_order_relaxed); }
  // A connection that on_accept took is closed. Any thread.
  void left() { load_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  friend class Balancer;
  Loop& loop_;
  Network::OnAccept on_accept_;  // called on the loop only
  std::atomic<std::uint32_t> load_ = 0;
};

class Balancer {
 public:
  explicit Balancer(std::vector<std::shared_ptr<Seat>> seats) : seats_(std::move(seats)) {}

  // What a Listener calls.
  void operator()(Accepted accepted) const {
    const auto emptiest = std::min_element(seats_.begin(), seats_.end(),
                                           [](const auto& a, const auto& b) { return a->load() < b->load(); });
    const std::shared_ptr<Seat>& seat = *emptiest;
    seat->load_.fetch_add(1, std::memory_order_relaxed);
    seat->loop_.post([seat, taken = std::move(accepted)]() mutable { seat->on_accept_(std::move(taken)); });
  }

 private:
  std::vector<std::shared_ptr<Seat>> seats_;
};

}  // namespace net
