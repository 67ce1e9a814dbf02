#include "bus/redis_bus.hpp"

#include <algorithm>
#include <array>

#include "net/random.hpp"

namespace bus {
namespace {

constexpr std::chrono::seconds canary_every{2};
constexpr int unheard_max = 4;

}  // namespace

RedisBus::RedisBus(net::Network& network, const redis::Address& address, Settings settings)
    : loop_(network.loop()),
      before_(settings.prefix + "bus:{"),
      channels_(loop_, *this),
      publisher_(network, address),
      subscriber_(network, address, *this, {.lanes = settings.lanes}),
      canaries_(settings.lanes),
      self_(std::make_shared<RedisBus*>(this)) {
  publisher_.on_connected([this](bool) { update_state(); });
  for (std::size_t lane = 0; lane < canaries_.size(); ++lane) {
    // A name of ours alone that falls on this lane, found by trying.
    do {
      canaries_[lane].channel = settings.prefix + "canary:{" + std::to_string(loop_.random().next()) + "}";
    } while (subscriber_.lane_of(canaries_[lane].channel) != lane);
    subscriber_.subscribe(canaries_[lane].channel);
  }
  sing();
}

void RedisBus::publish(std::string_view channel, std::string frame, OnPublished on_published) {
  if (frame.size() > frame_bytes_max) return refuse(frame.size(), std::move(on_published));
  const std::string name = wire(channel);
  const std::array<std::string_view, 3> parts = {"PUBLISH", name, frame};
  publisher_.call(parts, [on_published = std::move(on_published)](base::Result<redis::Reply> reply) mutable {
    if (!on_published) return;
    if (!reply) return on_published(reply.error());
    on_published(static_cast<std::uint64_t>(reply->integer));
  });
}

void RedisBus::refuse(std::size_t frame_bytes, OnPublished on_published) {
  ++counts_.oversized_out;
  if (!on_published) return;
  loop_.post([self = std::weak_ptr<RedisBus*>(self_), frame_bytes, on_published = std::move(on_published)]() mutable {
    if (self.lock()) on_published(too_large(frame_bytes));
  });
}

std::unique_ptr<Following> RedisBus::follow(std::string_view channel, Listener& listener) {
  return channels_.add(channel, listener);
}

std::string RedisBus::reason() const { return publisher_.connected() ? subscriber_.reason() : publisher_.reason(); }

void RedisBus::on_state(std::function<void(State)> observer) { observers_.push_back(std::move(observer)); }

RedisBus::Counts RedisBus::counts() const {
  Counts counts = counts_;
  counts.refused = publisher_.counts().refused;
  counts.dials = publisher_.counts().dials + subscriber_.dials();
  return counts;
}

std::optional<net::Duration> RedisBus::canary_age() const {
  net::Duration oldest{0};
  for (const Canary& canary : canaries_) {
    if (!canary.heard) return std::nullopt;
    oldest = std::max(oldest, loop_.now() - *canary.heard);
  }
  return oldest;
}

void RedisBus::on_subscribed(std::string_view wire) {
  if (Canary* canary = find_canary(wire)) {
    canary->standing = true;
    canary->unheard = 0;
  } else {
    channels_.stands(channel_of(wire));
  }
}

void RedisBus::on_message(std::string_view wire, std::string_view payload) {
  if (Canary* canary = find_canary(wire)) {
    canary->unheard = 0;
    canary->heard = loop_.now();
  } else if (payload.size() > frame_bytes_max) {
    ++counts_.oversized_in;
  } else {
    channels_.deliver(channel_of(wire), payload);
  }
}

void RedisBus::on_cut(std::string_view wire) {
  if (Canary* canary = find_canary(wire)) {
    canary->standing = false;
    canary->heard.reset();
  } else {
    channels_.lost(channel_of(wire));
  }
}

void RedisBus::on_wanted(const std::string& channel) { subscriber_.subscribe(wire(channel)); }
void RedisBus::on_unwanted(const std::string& channel) { subscriber_.unsubscribe(wire(channel)); }

std::string RedisBus::wire(std::string_view channel) const { return before_ + std::string(channel) + "}"; }

std::string_view RedisBus::channel_of(std::string_view wire) const {
  wire.remove_prefix(before_.size());
  wire.remove_suffix(1);
  return wire;
}

RedisBus::Canary* RedisBus::find_canary(std::string_view wire) {
  const auto found =
      std::find_if(canaries_.begin(), canaries_.end(), [wire](const Canary& canary) { return canary.channel == wire; });
  return found == canaries_.end() ? nullptr : &*found;
}

void RedisBus::update_state() {
  const State now = publisher_.connected() && subscriber_.connected() ? State::connected : State::down;
  if (std::exchange(state_, now) == now) return;
  for (auto& observer : observers_) observer(now);
}

// Redis says for each canary that it was published; a lane that heard none of the last few is deaf.
void RedisBus::sing() {
  for (std::size_t lane = 0; lane < canaries_.size(); ++lane) {
    if (!canaries_[lane].standing) continue;
    const std::array<std::string_view, 3> parts = {"PUBLISH", canaries_[lane].channel, "1"};
    publisher_.call(parts, [this, lane](base::Result<redis::Reply> reply) {
      Canary& canary = canaries_[lane];
      if (!reply || !canary.standing || ++canary.unheard < unheard_max) return;
      ++counts_.deaf;
      subscriber_.drop(lane, {base::Fault::closed, "A subscription does not hear what is published"});
    });
  }
  next_canary_ = loop_.after(canary_every, [this] { sing(); });
}

}  // namespace bus
