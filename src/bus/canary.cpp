#include "bus/canary.hpp"

#include <algorithm>

namespace bus {

void Canary::on_standing() {
  stands_ = true;
  sure_after_ = sung_;
}

void Canary::on_cut() {
  stands_ = false;
  heard_.reset();
  awaited_.clear();
}

std::uint64_t Canary::sing(net::Instant now) {
  sung_at_[++sung_ % sung_at_.size()] = now;
  return sung_;
}

void Canary::on_confirmed(std::uint64_t number, net::Instant now) {
  if (stands_ && number > sure_after_) awaited_.push_back({number, now});
}

void Canary::on_heard(std::uint64_t number, net::Instant now) {
  if (!stands_ || number <= sure_after_ || number > sung_) return;  // late, or somebody else's
  sure_after_ = number;
  heard_ = now;
  if (sung_ - number < sung_at_.size()) lag_ = now - sung_at_[number % sung_at_.size()];
  deaf_in_a_row_ = 0;
  std::erase_if(awaited_, [number](const Awaited& awaited) { return awaited.number <= number; });
}

}  // namespace bus
