#include "bus/redis_bus.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "net/random.hpp"

namespace bus {
namespace {

using namespace std::chrono_literals;

constexpr net::Duration tick_every = 500ms;
constexpr int ticks_a_canary = 2;

std::uint64_t number_of(std::string_view payload) {
  std::uint64_t number = 0;
  std::from_chars(payload.data(), payload.data() + payload.size(), number);
  return number;
}

}  // namespace

RedisBus::RedisBus(net::Network& network, const redis::Address& address, Settings settings)
    : loop_(network.loop()),
      before_(settings.prefix + "bus:{"),
      channels_(loop_, *this),
      publisher_(network, address),
      subscriber_(network, address, *this, {.lanes = settings.lanes}),
      lanes_(settings.lanes),
      self_(std::make_shared<RedisBus*>(this)) {
  publisher_.on_connected([this](bool connected) { on_publisher(connected); });
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    // A name of ours alone that falls on this lane, found by trying.
    do {
      lanes_[lane].channel = settings.prefix + "canary:{" + std::to_string(loop_.random().next()) + "}";
    } while (subscriber_.lane_of(lanes_[lane].channel) != lane);
    subscriber_.subscribe(lanes_[lane].channel);
  }
  tick();
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

std::string RedisBus::reason() const {
  if (!publisher_.connected()) return publisher_.reason();
  if (!subscriber_.connected()) return subscriber_.reason();
  if (state_ == State::connected) return {};
  return refusal_.empty() ? "What is published does not come back yet" : refusal_;
}

Observing RedisBus::on_state(std::function<void(State)> observer) {
  std::erase_if(observers_, [](const auto& each) { return each.expired(); });
  auto observing = std::make_shared<std::function<void(State)>>(std::move(observer));
  observers_.push_back(observing);
  return observing;
}

RedisBus::Counts RedisBus::counts() const {
  Counts counts = counts_;
  const redis::Client::Counts publisher = publisher_.counts();
  counts.refused = publisher.refused;
  counts.timed_out = publisher.timed_out;
  counts.pending = publisher.pending;
  counts.dials = publisher.dials + subscriber_.dials();
  return counts;
}

std::optional<net::Duration> RedisBus::canary_age() const {
  net::Duration oldest{0};
  for (const Lane& lane : lanes_) {
    if (!lane.canary.alive()) return std::nullopt;
    oldest = std::max(oldest, loop_.now() - *lane.canary.heard());
  }
  return oldest;
}

std::optional<net::Duration> RedisBus::lag() const {
  net::Duration longest{0};
  for (const Lane& lane : lanes_) {
    if (!lane.canary.alive()) return std::nullopt;
    longest = std::max(longest, lane.canary.lag());
  }
  return longest;
}

unsigned RedisBus::deaf_in_a_row() const {
  unsigned most = 0;
  for (const Lane& lane : lanes_) most = std::max(most, lane.canary.deaf_in_a_row());
  return most;
}

void RedisBus::on_subscribed(std::string_view wire) {
  if (Lane* lane = find_lane(wire)) {
    lane->canary.on_standing();
    sing(static_cast<std::size_t>(lane - lanes_.data()));
  } else {
    channels_.stands(channel_of(wire));
  }
}

void RedisBus::on_message(std::string_view wire, std::string_view payload) {
  if (Lane* lane = find_lane(wire)) {
    lane->canary.on_heard(number_of(payload), loop_.now());
    update_state();
  } else if (payload.size() > frame_bytes_max) {
    ++counts_.oversized_in;
  } else {
    channels_.deliver(channel_of(wire), payload);
  }
}

void RedisBus::on_cut(std::string_view wire) {
  if (Lane* lane = find_lane(wire)) {
    lane->canary.on_cut();
  } else {
    channels_.lost(channel_of(wire));
  }
}

void RedisBus::on_wanted(const std::string& channel) {
  if (channel.starts_with('=')) foreign_.insert(channel);
  subscriber_.subscribe(wire(channel));
}

void RedisBus::on_unwanted(const std::string& channel) {
  subscriber_.unsubscribe(wire(channel));
  foreign_.erase(channel);
}

std::string RedisBus::wire(std::string_view channel) const {
  return channel.starts_with('=') ? std::string(channel.substr(1)) : before_ + std::string(channel) + "}";
}

std::string_view RedisBus::channel_of(std::string_view wire) const {
  for (const std::string& each : foreign_)
    if (wire == std::string_view(each).substr(1)) return each;
  if (!wire.starts_with(before_)) return {};  // nobody listens to it any more
  wire.remove_prefix(before_.size());
  wire.remove_suffix(1);
  return wire;
}

RedisBus::Lane* RedisBus::find_lane(std::string_view wire) {
  const auto found =
      std::find_if(lanes_.begin(), lanes_.end(), [wire](const Lane& lane) { return lane.channel == wire; });
  return found == lanes_.end() ? nullptr : &*found;
}

void RedisBus::on_publisher(bool connected) {
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    if (connected) {
      sing(lane);
    } else {
      lanes_[lane].canary.on_redis_down();
    }
  }
  update_state();
}

void RedisBus::update_state() {
  const bool heard = std::all_of(lanes_.begin(), lanes_.end(), [](const Lane& lane) { return lane.canary.alive(); });
  const State now = heard && publisher_.connected() && subscriber_.connected() ? State::connected : State::down;
  if (std::exchange(state_, now) == now) return;
  for (const auto& each : std::vector(observers_))
    if (const auto observer = each.lock()) (*observer)(now);
}

void RedisBus::sing(std::size_t number) {
  Lane& lane = lanes_[number];
  if (!lane.canary.stands() || !publisher_.connected()) return;
  const std::uint64_t song = lane.canary.sing(loop_.now());
  const std::string text = std::to_string(song);
  const std::array<std::string_view, 3> parts = {"PUBLISH", lane.channel, text};
  publisher_.call(parts, [this, &lane, song](base::Result<redis::Reply> reply) {
    refusal_ = reply ? std::string() : reply.error().message;
    if (reply) lane.canary.on_confirmed(song, loop_.now());
  });
  // A replica refuses every write (READONLY), also of what is not there, and is left then.
  const std::array<std::string_view, 2> write = {"DEL", lane.channel};
  publisher_.call(write, {});
}

// Who was stopped for a while hears first what came meanwhile, and judges at the next turn.
void RedisBus::tick() {
  const bool late = loop_.now() - std::exchange(ticked_, loop_.now()) > 2 * tick_every;
  const bool sings = ++ticks_ % ticks_a_canary == 0;
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    Canary& canary = lanes_[lane].canary;
    if (!late && canary.deaf(loop_.now())) {
      ++counts_.deaf;
      canary.on_given_up();
      subscriber_.drop(lane, {base::Fault::closed, "A subscription does not hear what is published"});
    } else if (sings) {
      sing(lane);
    }
  }
  ticker_ = loop_.after(tick_every, [this] { tick(); });
}

}  // namespace bus
