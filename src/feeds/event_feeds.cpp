#include "feeds/event_feeds.hpp"

#include <algorithm>

namespace feeds {
namespace {

using namespace std::chrono_literals;

constexpr net::Duration early_patience = 5s;  // events reach the instances within moments
constexpr net::Duration end_check = 250ms;    // whether the followers of a removed container have everything
constexpr net::Duration end_patience = 60s;   // then it is over for slow ones too
constexpr std::string_view of_container = "container:events:";

// Podman calls it remove.
bool is_end(const docker::Event& event) { return event.action == "destroy" || event.action == "remove"; }

}  // namespace

EventFeeds::EventFeeds(net::Loop& loop, LiveChannel::Parts parts, const docker::EngineIdentity& engine, AllEvents& all)
    : loop_(loop), parts_(std::move(parts)), memory_(engine.key), engine_(engine.key), all_(all) {
  all_.add(engine_, memory_, engine.clock);
}

LiveChannel& EventFeeds::channel_of(const std::string& container) {
  std::unique_ptr<LiveChannel>& channel = of_container_[container];
  if (!channel) {
    channel = std::make_unique<LiveChannel>(parts_, LiveChannel::Kind{Source::container_events},
                                            std::string(of_container) + container);
  }
  return *channel;
}

void EventFeeds::follow(const Follow& follow) {
  early_.erase(follow.follower);
  const docker::EventMemory::Since from = since(follow.start);
  if (!from.ahead) return answer(follow, from);
  channel_of(follow.container).leave(follow.follower);  // it is told again from there on
  net::Timer deadline = loop_.after(early_patience, [this, name = follow.follower] {
    const Early late = std::move(early_.extract(name).mapped());
    answer(late.follow, {memory_.entries().size(), false, true});
  });
  early_.emplace(follow.follower, Early{follow, std::move(deadline)});
}

docker::EventMemory::Since EventFeeds::since(const Start& start) const {
  const docker::EventPosition* place = start.events ? start.events->of(engine_) : nullptr;
  if (place != nullptr) return memory_.after(*place);
  if (!start.events && start.since_ns) return memory_.from(*start.since_ns);
  return {memory_.entries().size(), true, false};
}

void EventFeeds::answer(const Follow& follow, const docker::EventMemory::Since& since) {
  LiveChannel& channel = channel_of(follow.container);
  Subscribed subscribed;
  const auto& entries = memory_.entries();
  docker::EventPosition at = memory_.before(since.first);
  if (follow.start.events) {
    const docker::EventPosition* place = follow.start.events->of(engine_);
    const bool other = place == nullptr;
    subscribed.recovered = other || since.ahead ? "none" : since.complete ? "full" : "partial";
    if (subscribed.recovered == "none") subscribed.reason = other ? "recreated" : "trimmed";
    if (subscribed.recovered == "partial") subscribed.lost = {follow.start.events->print(), at.print(), "trimmed"};
    if (subscribed.recovered == "full") at = *place;
  }
  subscribed.position = at.print();
  std::vector<LiveChannel::Told> messages;
  if (!channel.has(follow.follower) || !follow.start.empty()) messages = channel.outages(follow.shape);
  for (std::size_t i = since.first; i < entries.size(); ++i) {
    const docker::Event& event = entries[i].event;
    if (event.type == "container" && event.id == follow.container) messages.push_back(message(channel, entries[i]));
  }
  channel.join(follow.follower, follow.shape, subscribed, messages);
  if (is_gone(follow.container)) on_removed(follow.container);
}

// It was there when somebody looked, and the last that was heard of it is its end.
bool EventFeeds::is_gone(const std::string& container) const {
  const auto& entries = memory_.entries();
  const auto last = std::find_if(entries.rbegin(), entries.rend(), [&](const auto& each) {
    return each.event.type == "container" && each.event.id == container;
  });
  return last != entries.rend() && is_end(last->event);
}

// Docker's own fields at the top, ours behind them: of a name that comes twice the last one counts.
LiveChannel::Told EventFeeds::message(const LiveChannel& channel, const docker::EventMemory::Entry& entry) {
  const std::string& json = entry.event.json;
  std::string position = entry.position.print();
  const std::string about = "\"channel\":\"" + channel.name() + "\",\"position\":\"" + position + '"';
  return {json.substr(0, json.rfind('}')) + R"(,"type":"container_event",)" + about + '}', std::move(position)};
}

void EventFeeds::unfollow(const hub::Follower& follower) {
  early_.erase(follower);
  for (Removed& each : removed_) each.channel->leave(follower);
  for (auto& [container, channel] : of_container_) {
    if (!channel->has(follower)) continue;
    channel->leave(follower);
    if (!channel->followed()) of_container_.erase(std::string(container));
    return;
  }
}

void EventFeeds::on_behind(const hub::Follower& follower) {
  for (auto& [container, channel] : of_container_) channel->rejoin(follower);
  for (Removed& each : removed_) each.channel->rejoin(follower);
}

void EventFeeds::on_event(const docker::Event& event) {
  const docker::EventMemory::Entry& entry = memory_.add(event);
  const net::WallTime time{net::Duration(event.time_ns)};
  all_.on_event(entry);
  const auto found = event.type == "container" ? of_container_.find(event.id) : of_container_.end();
  if (found != of_container_.end()) {
    found->second->publish(message(*found->second, entry), time);
    if (is_end(event)) on_removed(event.id);
  }
  look_at_early();
}

void EventFeeds::look_at_early() {
  for (auto each = early_.begin(); each != early_.end();) {
    const auto mine = each++;
    const docker::EventMemory::Since from = since(mine->second.follow.start);
    if (from.ahead) continue;
    const Early early = std::move(early_.extract(mine).mapped());
    answer(early.follow, from);
  }
}

void EventFeeds::say(LogState state) {
  for (auto& [container, channel] : of_container_) channel->publish_status(state);
}

void EventFeeds::on_removed(const std::string& container) {
  auto found = of_container_.extract(container);
  if (!found) return;
  found.mapped()->publish_status(LogState::removed);
  removed_.push_back({std::move(found.mapped()), loop_.now() + end_patience});
  look_who_is_done();
}

void EventFeeds::look_who_is_done() {
  std::erase_if(removed_, [](const Removed& each) { return !each.channel->followed(); });
  for (Removed& each : removed_) each.channel->end(loop_.now() >= each.patience_ends);
  if (!removed_.empty()) look_ = loop_.after(end_check, [this] { look_who_is_done(); });
}

std::vector<std::string> EventFeeds::containers() const {
  std::vector<std::string> all;
  for (const auto& [container, channel] : of_container_) all.push_back(container);
  return all;
}

std::vector<const LiveChannel*> EventFeeds::channels() const {
  std::vector<const LiveChannel*> all;
  for (const auto& [container, channel] : of_container_) all.push_back(channel.get());
  return all;
}

}  // namespace feeds
