// RecentMessages: the newest messages of an application channel as its followers were sent them, without a hole: what
// somebody who was away for a moment is given without asking the store. Bounded by bytes; the oldest go first.
#pragma once

#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "feeds/live_channel.hpp"

namespace feeds {

class RecentMessages {
 public:
  explicit RecentMessages(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // `offset` is one more than the last one's.
  void push(std::uint64_t offset, const LiveChannel::Told& told) {
    bytes_ += size(told);
    told_.push_back(told);
    newest_ = offset;
    for (; bytes_ > bytes_max_; told_.pop_front()) bytes_ -= size(told_.front());
  }
  // There is a hole behind what was pushed so far.
  void clear() {
    told_.clear();
    bytes_ = 0;
  }
  // The oldest that is here; nothing lies behind `newest` where none is.
  std::uint64_t oldest(std::uint64_t newest) const { return (told_.empty() ? newest : newest_ - told_.size()) + 1; }
  std::vector<LiveChannel::Told> after(std::uint64_t offset) const {
    const std::uint64_t count = told_.empty() || newest_ <= offset ? 0 : newest_ - offset;
    return {told_.end() - static_cast<std::ptrdiff_t>(count), told_.end()};
  }

 private:
  static std::size_t size(const LiveChannel::Told& told) {
    return sizeof told + told.json.size() + told.position.size() + told.payload.size();
  }

  const std::size_t bytes_max_;
  std::deque<LiveChannel::Told> told_;
  std::uint64_t newest_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace feeds
