#include "feeds/bus_budget.hpp"

#include <algorithm>
#include <cmath>

namespace feeds {

void BusBudget::Rate::decay(net::Instant now) {
  bytes_s_ *= std::exp(-std::chrono::duration<double>(now - at_).count());
  at_ = now;
}

void BusBudget::Rate::take_out(Rate part) {
  part.decay(at_);
  bytes_s_ = std::max(0.0, bytes_s_ - part.bytes_s_);
}

bool BusBudget::Share::take(std::uint64_t bytes, net::Instant now) {
  rate_.decay(now);
  budget_.rate_.decay(now);
  rate_.add(static_cast<double>(bytes));
  if (!over_) budget_.rate_.add(static_cast<double>(bytes));
  if (too_much()) {
    set_over(true, now);
  } else if (over_ && now - over_at_ >= budget_.settings_.calm) {
    set_over(false, now);
  }
  return !over_;
}

bool BusBudget::Share::over(net::Instant now) {
  if (over_) take(0, now);
  return over_;
}

bool BusBudget::Share::too_much() const {
  const auto most = static_cast<double>(budget_.settings_.instance_bytes_s);
  if (rate_.bytes_s() > static_cast<double>(budget_.settings_.channel_bytes_s)) return true;
  const double all = budget_.rate_.bytes_s() + (over_ ? rate_.bytes_s() : 0);
  const double even_part = most / static_cast<double>(std::max<std::size_t>(budget_.sending_, 1));
  return all > most && rate_.bytes_s() > even_part;
}

void BusBudget::Share::set_over(bool over, net::Instant now) {
  if (over) over_at_ = now;
  if (std::exchange(over_, over) == over) return;
  if (over) {
    --budget_.sending_;
    budget_.rate_.take_out(rate_);  // room for the others at once
  } else {
    ++budget_.sending_;
    budget_.rate_.add(rate_.bytes_s());
  }
}

}  // namespace feeds
