#include "feeds/all_events.hpp"

#include <algorithm>

namespace feeds {
namespace {

using namespace std::chrono_literals;

constexpr net::Duration early_patience = 5s;  // events, and Engines, reach the instances within moments
constexpr net::Duration past_within = 10s;    // an Engine that is new here tells what it remembers

Subscribed recovery(const docker::EventPositions& asked, const docker::EventPositions& at,
                    const std::map<std::uint64_t, docker::EventMemory::Since>& known) {
  std::size_t full = 0, none = 0;
  for (const docker::EventPosition& place : asked.places) {
    const auto found = known.find(place.engine);
    if (found == known.end() || found->second.ahead) {
      ++none;
    } else if (found->second.complete) {
      ++full;
    }
  }
  Subscribed subscribed;
  subscribed.recovered = full == asked.places.size() ? "full" : none == asked.places.size() ? "none" : "partial";
  if (subscribed.recovered == "none") subscribed.reason = known.empty() ? "recreated" : "trimmed";
  if (subscribed.recovered == "partial") subscribed.lost = {asked.print(), at.print(), "trimmed"};
  return subscribed;
}

}  // namespace

AllEvents::AllEvents(net::Loop& loop, LiveChannel::Parts parts, bool alone)
    : loop_(loop), alone_(alone), channel_(std::move(parts), {feeds::Source::docker_events}, "docker:events") {}

void AllEvents::add(std::uint64_t engine, const docker::EventMemory& memory, net::WallTime met_at) {
  sources_.insert_or_assign(engine, Source{&memory, loop_.now(), met_at});
  look_at_early();
}

// What a new Engine remembers from before it was met is no news. Not for ever: its clock may be set back.
void AllEvents::on_event(const docker::EventMemory::Entry& entry) {
  const net::WallTime time{net::Duration(entry.event.time_ns)};
  const Source& source = sources_.at(entry.position.engine);
  const bool past = loop_.now() - source.added < past_within && time < source.met_at;
  if (channel_.followed() && !past) {
    docker::EventPositions present;
    for (const auto& [engine, each] : sources_) present.set(each.memory->present());
    channel_.publish(message(entry.event, present), time);
  }
  look_at_early();
}

void AllEvents::follow(const Follow& follow) {
  early_.erase(follow.follower);
  auto from = begins(follow.start);
  if (!ahead(follow.start, from)) return answer(follow, from);
  channel_.leave(follow.follower);  // it is told again from there on
  net::Timer deadline = loop_.after(early_patience, [this, name = follow.follower] {
    const Early late = std::move(early_.extract(name).mapped());
    answer(late.follow, begins(late.follow.start));
  });
  early_.emplace(follow.follower, Early{follow, std::move(deadline)});
}

std::map<std::uint64_t, AllEvents::Begin> AllEvents::begins(const Start& start) const {
  std::map<std::uint64_t, Begin> all;
  for (const auto& [engine, source] : sources_) {
    const docker::EventMemory& memory = *source.memory;
    const docker::EventPosition* place = start.events ? start.events->of(engine) : nullptr;
    Begin begin{{memory.entries().size(), true, false}, {}};
    if (place != nullptr) {
      begin.since = memory.after(*place);
    } else if (!start.events && start.since_ns) {
      begin.since = memory.from(*start.since_ns);
    }
    const bool recovered = place != nullptr && begin.since.complete;
    begin.at = recovered ? *place : memory.before(begin.since.first);
    all.emplace(engine, begin);
  }
  return all;
}

bool AllEvents::ahead(const Start& start, const std::map<std::uint64_t, Begin>& from) const {
  if (!start.events) return false;
  return std::any_of(start.events->places.begin(), start.events->places.end(), [&](const auto& place) {
    const auto found = from.find(place.engine);
    return found == from.end() ? !alone_ : found->second.since.ahead;
  });
}

void AllEvents::answer(const Follow& follow, const std::map<std::uint64_t, Begin>& from) {
  docker::EventPositions at;
  std::map<std::uint64_t, docker::EventMemory::Since> known;
  for (const auto& [engine, begin] : from) {
    at.set(begin.at);
    if (follow.start.events && follow.start.events->of(engine) != nullptr) known.emplace(engine, begin.since);
  }
  Subscribed subscribed;
  if (follow.start.events) subscribed = recovery(*follow.start.events, at, known);
  subscribed.position = at.print();
  std::vector<LiveChannel::Told> messages;
  if (!channel_.has(follow.follower) || !follow.start.empty()) messages = channel_.outages(follow.shape);
  for (LiveChannel::Told& each : told_since(from, at)) messages.push_back(std::move(each));
  channel_.join(follow.follower, follow.shape, subscribed, messages);
}

// In the order of their times, as far as the Engines' clocks agree; of one Engine in its own.
std::vector<LiveChannel::Told> AllEvents::told_since(const std::map<std::uint64_t, Begin>& from,
                                                     docker::EventPositions at) const {
  std::vector<const docker::EventMemory::Entry*> entries;
  for (const auto& [engine, begin] : from) {
    const auto middle = static_cast<std::ptrdiff_t>(entries.size());
    const auto& all = sources_.at(engine).memory->entries();
    for (std::size_t i = begin.since.first; i < all.size(); ++i) entries.push_back(&all[i]);
    std::inplace_merge(entries.begin(), entries.begin() + middle, entries.end(),
                       [](const auto* a, const auto* b) { return a->event.time_ns < b->event.time_ns; });
  }
  std::vector<LiveChannel::Told> messages;
  for (const docker::EventMemory::Entry* entry : entries) {
    at.set(entry->position);
    messages.push_back(message(entry->event, at));
  }
  return messages;
}

LiveChannel::Told AllEvents::message(const docker::Event& event, const docker::EventPositions& at) const {
  std::string position = at.print();
  const std::string about = "\"channel\":\"" + channel_.name() + "\",\"position\":\"" + position + '"';
  return {R"({"type":"docker_event",)" + about + ",\"event\":" + event.json + '}', std::move(position)};
}

void AllEvents::unfollow(const hub::Follower& follower) {
  early_.erase(follower);
  channel_.leave(follower);
}

void AllEvents::look_at_early() {
  for (auto each = early_.begin(); each != early_.end();) {
    const auto mine = each++;
    const auto from = begins(mine->second.follow.start);
    if (ahead(mine->second.follow.start, from)) continue;
    const Early early = std::move(early_.extract(mine).mapped());
    answer(early.follow, from);
  }
}

}  // namespace feeds
