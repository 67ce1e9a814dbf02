#include "feeds/lone_reading.hpp"

#include <algorithm>

namespace feeds {

LoneReading::Seat::Seat(LoneReading& of, std::function<std::size_t()> followers, base::Callback<void()> on_turn)
    : of_(of), followers_(std::move(followers)), on_turn_(std::move(on_turn)) {
  waiting_ = of_.waiting_.insert(of_.waiting_.end(), this);
  of_.arm();
}

LoneReading::Seat::~Seat() {
  if (follows_) {
    --of_.following_;
  } else {
    of_.waiting_.erase(waiting_);
  }
}

LoneReading::Turn LoneReading::Seat::take() { return std::exchange(turn_, Turn::none); }

void LoneReading::arm() {
  if (std::exchange(armed_, true)) return;
  timer_ = loop_.after(net::Duration(std::chrono::seconds(1)) / settings_.reads_s, [this] {
    armed_ = false;
    give_turn();
  });
}

void LoneReading::give_turn() {
  if (waiting_.empty()) return;
  arm();
  const bool may_follow = following_ < settings_.follows;
  // The first of those with the most followers; or who was read longest ago.
  const auto at = may_follow ? std::max_element(waiting_.begin(), waiting_.end(),
                                                [](Seat* a, Seat* b) { return a->followers_() < b->followers_(); })
                             : waiting_.begin();
  Seat& seat = **at;
  if (may_follow) {
    waiting_.erase(at);
    seat.follows_ = true;
    ++following_;
  } else {
    waiting_.splice(waiting_.end(), waiting_, at);
  }
  seat.turn_ = may_follow ? Turn::follow : Turn::poll;
  seat.on_turn_();
}

}  // namespace feeds
