// LoneReading: while Redis is away nobody knows who else reads, so every instance reads Docker for its own followers.
// Here is who of them reads, and when, so that this costs the Engine no more than it bears: at most so many reads begin
// in a second, one after the other, those with the most followers first; the first `follows` of them go on as a follow,
// the others are read in turn, for as long as it lasts. Thread: one loop's. It outlives its seats.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>

#include "base/callback.hpp"
#include "net/loop.hpp"

namespace feeds {

class LoneReading {
 public:
  struct Settings {
    std::uint32_t reads_s = 20;
    std::size_t follows = 200;
  };
  LoneReading(net::Loop& loop, const Settings& settings) : loop_(loop), settings_(settings) {}

  enum class Turn : std::uint8_t { none, poll, follow };
  // One channel's, while it wants to read.
  class Seat {
   public:
    // `followers` says how many it has, `on_turn` that take() has something.
    Seat(LoneReading& of, std::function<std::size_t()> followers, base::Callback<void()> on_turn);
    Seat(const Seat&) = delete;
    ~Seat();
    // What it may begin now: once a follow, for as long as the seat stands; or one read.
    Turn take();

   private:
    friend LoneReading;
    LoneReading& of_;
    std::function<std::size_t()> followers_;
    base::Callback<void()> on_turn_;
    Turn turn_ = Turn::none;
    bool follows_ = false;
    std::list<Seat*>::iterator waiting_;  // unless it follows
  };

 private:
  void arm();
  void give_turn();

  net::Loop& loop_;
  const Settings settings_;
  std::list<Seat*> waiting_;  // who waited longest first
  std::size_t following_ = 0;
  bool armed_ = false;
  net::Timer timer_;
};

}  // namespace feeds
