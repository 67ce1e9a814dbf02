// SimFollower, what it hears.
#include <algorithm>
#include <charconv>

#include "sim/sim_follower.hpp"

namespace sim {

Witness* SimFollower::witness_of(std::string_view channel) {
  for (std::size_t i = 0; i < channels_.size(); ++i) {
    if (channel == "container:logs:" + channels_[i].id) return witnesses_[i].get();
  }
  return nullptr;
}

bool SimFollower::all_removed() const {
  return std::all_of(witnesses_.begin(), witnesses_.end(), [](const auto& witness) { return witness->removed(); });
}

void SimFollower::hear(std::string_view text) {
  say("< " + std::string(text.substr(0, 400)));
  const auto heard = parse_heard(text);
  if (!heard) return fail("no message of the protocol: " + std::string(text.substr(0, 200)));
  backoff_ = {};
  const bool quiet = options_.door == Door::quiet_path;
  if (heard->type == "connected") {
    if (quiet) fail("connected was said to one who opened quietly");
    if (std::exchange(connected_said_, true)) fail("connected was said twice");
    for (const Heard& each : heard->subscriptions) hear(each);
    for (const Heard& each : std::exchange(early_, {})) hear(each);
    return;
  }
  // A command may be answered after messages of channels that it opened (protocol.md).
  if (options_.door == Door::connect && !connected_said_ && heard->type != "heartbeat" && !heard->channel.empty()) {
    early_.push_back(*heard);
    return;
  }
  const bool of_no_channel = heard->type == "heartbeat" || heard->type == "migrate";
  if (!quiet && !connected_said_ && !of_no_channel) fail(heard->type + " came before connected");
  hear(*heard);
}

void SimFollower::hear(const Heard& heard) {
  if (heard.type == "heartbeat" || heard.type == "migrate") return;
  if (heard.type == "error") return refused(heard);
  Witness* witness = witness_of(heard.channel);
  if (witness == nullptr) return fail(heard.type + " for the channel " + heard.channel);
  const std::string wrong = witness->hear(heard);
  if (!wrong.empty()) {
    const std::string channel = heard.channel.substr(0, std::string_view("container:logs:").size() + 6);
    return fail(channel + ": " + wrong);
  }
  const bool going = std::all_of(witnesses_.begin(), witnesses_.end(),
                                 [](const auto& each) { return each->removed() || each->subscribed(); });
  if (going && !going_since_) going_since_ = loop_.now();
}

// An Engine that is away is nobody's fault; a container that is gone is no more to be followed.
void SimFollower::refused(const Heard& heard) {
  ++stage_.tally["errors " + heard.code];
  over_ = true;
  if (heard.code == "unavailable") return;
  if (heard.code == "not_found") {
    for (std::size_t i = 0; i < channels_.size(); ++i) {
      const bool meant = heard.channel.empty() || heard.channel.ends_with(channels_[i].asked) ||
                         heard.channel.ends_with(channels_[i].id);
      if (meant && channels_[i].removed()) return leave();
    }
  }
  fail("error " + heard.code + ": " + heard.message);
}

// 40xx is for our own mistakes, and we make none.
void SimFollower::closed(std::uint16_t code, std::string_view reason) {
  ++stage_.tally["closes " + std::to_string(code)];
  say("is closed with " + std::to_string(code) + " " + std::string(reason));
  const bool slow = options_.pace != Pace::fast;
  switch (code) {
    case 4200:
    case 4201: {
      const auto digits = reason.substr(std::min(reason.size(), reason.find_first_of("0123456789")));
      std::int64_t milliseconds = 0;
      std::from_chars(digits.data(), digits.data() + digits.size(), milliseconds);
      come_back_after_ = std::chrono::milliseconds(milliseconds);
      return;
    }
    case 4103:
      if (!slow && !ever_slow_) fail("closed for no progress, though it reads");
      return;
    case 4108:
    case 4153:
    case 1001:
      return;
    case 4004:
      if (over_) return;
      break;
    default:
      break;
  }
  fail("closed with " + std::to_string(code) + " " + std::string(reason));
}

}  // namespace sim
