#include "feeds/reader_turn.hpp"

#include <algorithm>

#include "base/planted.hpp"

namespace feeds {
namespace {

using namespace std::chrono_literals;

constexpr net::Duration retry = 250ms;           // of a lease that somebody silent holds; and up to twice that
constexpr net::Duration retry_available = 20ms;  // its owner's word may be here before Redis has heard it
constexpr net::Duration near_first = 1s;         // whoever reaches the Engine itself asks before us, as for logs
constexpr net::Duration alone_after = 3s, alone_spread = 5s;  // without Redis, as logs
constexpr net::Duration never_up_after = 500ms;               // a Redis that was not there when we came
constexpr net::Duration never_heard_after = 2500ms;           // more than a beat
constexpr net::Duration fresh_spread = 500ms;                 // of who has just come

}  // namespace

ReaderTurn::ReaderTurn(net::Duration ttl, double spread, bool bus_up, net::Instant now)
    : ttl_(ttl), spread_(spread), bus_up_(bus_up), ever_up_(bus_up), bus_since_(now), heard_at_(now), next_at_(now) {}

net::Duration ReaderTurn::part(net::Duration most) const {
  return net::Duration(static_cast<std::int64_t>(spread_ * static_cast<double>(most.count())));
}

// When whoever has heard nobody reads by itself.
net::Instant ReaderTurn::alone_at() const {
  const net::Instant since = std::max(heard_at_, bus_since_);
  if (!ever_up_) return since + never_up_after + part(fresh_spread);
  if (!bus_up_) return since + alone_after + part(alone_spread);
  if (!ever_heard_) return since + never_heard_after + part(fresh_spread);
  return since + ttl_ * 5 / 4 + part(ttl_ / 4);
}

ReaderTurn::Step ReaderTurn::step(net::Instant now, bool relayed) {
  later_ = relayed ? near_first : net::Duration::zero();
  const net::Instant ask_at = next_at_ + later_;
  const auto ask = [&]() -> Step {
    const bool dead = !held_value_.empty() && now - held_since_ > ttl_ && now - heard_at_ > ttl_;
    return {dead ? Do::seize : Do::acquire};
  };
  switch (role_) {
    case Role::owning:
      if (!wanted_ || (yields_ && others_ > 0)) return {Do::release};
      if (now < next_at_) return {Do::wait, next_at_};
      return lost_ ? ask() : Step{Do::renew};
    case Role::alone:
      if (bus_up_ && now >= ask_at) return ask();
      return {Do::wait, bus_up_ ? ask_at : net::Instant::max()};
    case Role::relaying:
      break;
  }
  if (!wanted_) return {Do::wait, net::Instant::max()};
  // Who stood still asks first, and hears meanwhile what came.
  if (bus_up_ && now >= ask_at) return ask();
  if (now >= alone_at()) {
    role_ = Role::alone;
    return step(now, relayed);
  }
  return {Do::wait, bus_up_ ? std::min(ask_at, alone_at()) : alone_at()};
}

void ReaderTurn::want(bool wanted, net::Instant now) {
  if (std::exchange(wanted_, wanted) == wanted) return;
  if (!wanted && role_ == Role::alone) role_ = Role::relaying;
  if (wanted) heard_at_ = next_at_ = now;
}

void ReaderTurn::bus(bool up, net::Instant now) {
  ever_up_ |= up;
  if (std::exchange(bus_up_, up) == up) return;
  bus_since_ = now;
  if (up && role_ != Role::owning) next_at_ = now + part(retry);
}

bool ReaderTurn::heard(const lease::Fence& fence, bool released, net::Instant now) {
  if (role_ == Role::owning) {
    if (fence > fence_) next_at_ = now;  // look after the lease
    return false;
  }
  if (fence < fence_) return false;
  fence_ = fence;
  heard_at_ = now;
  ever_heard_ = true;
  available_ = released;
  next_at_ = released ? now + part(retry_available) : now + trust() + part(ttl_ / 10);
  if (!released && bus_up_ && !base::planted::reads_on_alone) role_ = Role::relaying;
  return true;
}

void ReaderTurn::granted(const lease::Fence& fence, net::Instant asked) {
  role_ = Role::owning;
  ever_heard_ = true;
  fence_ = fence;
  valid_until_ = asked + ttl_ * 2 / 3;
  next_at_ = asked + beat();
  lost_ = available_ = false;
  held_value_.clear();
}

void ReaderTurn::refused(const std::string& value, net::Instant now) {
  if (role_ == Role::owning) {  // another has it, and will be heard
    role_ = Role::relaying;
    heard_at_ = now;
    lost_ = yields_ = false;
  }
  if (const auto held = lease::fence_of(value); held && *held < fence_) fence_ = *held;  // else it would not be heard
  if (value != held_value_) {
    held_value_ = value;
    held_since_ = now;
  }
  available_ &= !silent(now);
  if (available_) {
    next_at_ = now + retry_available;
  } else {
    next_at_ = std::max(now + retry + part(retry), heard_at_ + (role_ == Role::alone ? 0s : trust()));
  }
}

void ReaderTurn::unanswered(net::Instant now) {
  next_at_ = now + retry + part(retry);
  if (role_ == Role::owning && now >= valid_until_) {
    role_ = Role::alone;
    lost_ = yields_ = false;
  }
}

void ReaderTurn::renewed(bool ours, net::Instant asked, net::Instant now) {
  if (ours) {
    valid_until_ = asked + ttl_ * 2 / 3;
    next_at_ = asked + beat();
  } else {
    lost_ = true;
    valid_until_ = {};  // nothing is published until it is known whose it is
    next_at_ = now;
  }
}

void ReaderTurn::released(net::Instant now) {
  role_ = Role::relaying;
  yields_ = lost_ = false;
  heard_at_ = now;
  next_at_ = now + ttl_ / 2 + part(ttl_ / 10);
}

}  // namespace feeds
