// Gate: so many may be inside at once; the others wait their turn, in order, for as long as they like or until they are
// too many. A place is given back by its destructor.
// Thread: one loop's. The Gate outlives its places and those who wait.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

#include "net/signal.hpp"

namespace net {

class Gate {
 public:
  Gate(Loop& loop, std::size_t places, std::size_t waiting_max = SIZE_MAX)
      : loop_(loop), free_(places), waiting_max_(waiting_max) {}

  class Place {
   public:
    Place() = default;
    explicit Place(Gate& gate) : gate_(&gate) {}
    Place(Place&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Place& operator=(Place&& other) noexcept {
      if (this != &other) {
        leave();
        gate_ = std::exchange(other.gate_, nullptr);
      }
      return *this;
    }
    ~Place() { leave(); }
    void leave() {
      if (Gate* gate = std::exchange(gate_, nullptr)) gate->give_back();
    }

   private:
    Gate* gate_ = nullptr;
  };

  Task<Place> enter() {
    Turn turn(*this);
    while (!turn.mine()) co_await turn.signal.wait();
    --free_;
    co_return Place(*this);
  }
  // Fault::timed_out where no place was free in time, Fault::unavailable where too many wait already.
  Task<base::Result<Place>> enter_within(Duration limit) {
    if (queue_.size() >= waiting_max_)
      co_return base::Error{base::Fault::unavailable, "Too many wait for this already"};
    auto place = co_await with_deadline(loop_, limit, entered());
    co_return std::move(place);
  }
  std::size_t waiting() const { return queue_.size(); }

 private:
  // A place in the queue; whoever is cancelled while waiting leaves it.
  struct Turn {
    explicit Turn(Gate& gate_in) : gate(gate_in), signal(gate_in.loop_) { gate.queue_.push_back(this); }
    ~Turn() {
      std::erase(gate.queue_, this);
      gate.wake();
    }
    bool mine() const { return gate.free_ > 0 && gate.queue_.front() == this; }
    Gate& gate;
    Signal signal;
  };
  Task<base::Result<Place>> entered() {
    Place place = co_await enter();
    co_return std::move(place);
  }
  void give_back() {
    ++free_;
    wake();
  }
  void wake() {
    if (free_ > 0 && !queue_.empty()) queue_.front()->signal.notify();
  }

  Loop& loop_;
  std::size_t free_;
  const std::size_t waiting_max_;
  std::deque<Turn*> queue_;
};

}  // namespace net
