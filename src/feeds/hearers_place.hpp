// HearersPlace: where somebody stands who hears an Engine's events from the one who reads them, by their numbers:
//
//   behind ──the history behind our last event begins──▶ catching up ──its last piece──▶ joined
//      ▲ another publisher, a number that is not the next, a beat that shows one, a deaf moment │
//      └─────────────────────────────────────────────────────────────────────────────────────────┘
//
// A plain value.
#pragma once

#include "feeds/shared_frame.hpp"

namespace feeds {

class HearersPlace {
 public:
  bool behind() const { return state_ == State::behind; }
  bool catching_up() const { return state_ == State::catching_up; }
  bool joined() const { return state_ == State::joined; }

  // Of the reader. Whether there is something in it to look at: a message that was not heard yet.
  bool take(const SharedFrame& frame) {
    const bool message = frame.kind == SharedFrame::Kind::message;
    const bool same = frame.fence == fence_ && frame.sender == sender_;
    if (same && message && frame.sequence <= last_) return false;
    if (!same || frame.sequence != last_ + (message ? 1 : 0)) state_ = State::behind;
    fence_ = frame.fence;
    sender_ = frame.sender;
    last_ = frame.sequence;
    return message;
  }
  void fall_behind() { state_ = State::behind; }
  void catch_up() { state_ = State::catching_up; }
  void join() { state_ = State::joined; }

 private:
  enum class State : std::uint8_t { behind, catching_up, joined };
  State state_ = State::behind;
  lease::Fence fence_{};
  std::uint64_t sender_ = 0;
  std::uint64_t last_ = 0;
};

}  // namespace feeds
