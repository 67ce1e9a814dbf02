#include "feeds/feeds.hpp"

#include <set>

namespace feeds {
namespace {

constexpr std::size_t looks_at_once = 8, looks_waiting_max = 1000;
constexpr net::Duration look_patience = std::chrono::seconds(30);
constexpr net::Duration drain_patience = std::chrono::seconds(1);
constexpr net::Duration last_event_patience = std::chrono::seconds(2);

}  // namespace

Feeds::Feeds(const LogFeeds::Parts& parts, const Settings& settings, const std::string& engine_id, EngineEvents& source,
             Overview& overview)
    : parts_(parts),
      engine_id_(engine_id),
      source_(source),
      overview_(overview),
      events_(parts.loop, {parts.hub, framer_, parts.followers, outages_}, source.engine(), overview.events()),
      stats_({{parts.engine, parts.bus, parts.lease, source.counts(), settings.lease_ttl}, engine_id},
             {parts.hub, framer_, parts.followers, outages_}),
      containers_(parts.engine, source, overview.containers(), engine_id),
      looks_(parts.loop, looks_at_once, looks_waiting_max),
      logs_(parts, settings, engine_id) {
  containers_.on_removed([this](const std::string& container) { on_gone(container); });
  containers_.on_there([this](const std::set<std::string>& there) { on_there(there); });
  overview_.add_engine(engine_id_);
  // Without Redis each instance reads stats and the picture by itself, and who follows them need not know.
  logs_.on_degraded([this](bool degraded) {
    outages_.redis = degraded;
    events_.say(degraded ? LogState::degraded : LogState::recovered);
    overview_.on_degraded(degraded);
  });
}

void Feeds::follow(Follow follow) {
  if (follow.source == Source::logs) return logs_.follow(std::move(follow));
  const bool known = follow.source == Source::stats ? stats_.has(follow.container) : events_.has(follow.container);
  if (known) return join(follow);
  const hub::Follower name = follow.follower;
  looked_for_.insert_or_assign(name, std::move(follow));
  jobs_.start(look_for(name));
}

// Whoever asks by a full id was not looked for yet.
net::Task<void> Feeds::look_for(hub::Follower follower) {
  const std::string container = looked_for_.at(follower).container;
  auto found = co_await look_at(container);
  const auto asked = looked_for_.find(follower);
  if (asked == looked_for_.end() || asked->second.container != container) co_return;
  const Follow follow = std::move(looked_for_.extract(asked).mapped());
  if (found) co_return join(follow);
  unfollow(follower);  // it may have been followed before, and its number is free now
  refuse(follower, found.error());
}

net::Task<base::Result<docker::Container>> Feeds::look_at(std::string container) {
  const auto place = co_await looks_.enter_within(look_patience);
  if (!place) co_return place.error();
  auto found = co_await parts_.engine.inspect(std::move(container));
  co_return std::move(found);
}

void Feeds::join(const Follow& follow) {
  if (follow.source == Source::container_events) return events_.follow(follow);
  if (follow.source != Source::stats || stats_.follow(follow)) return;
  unfollow(follow.follower);
  refuse(follow.follower, {base::Fault::not_found, "No such container: " + follow.container});
}

void Feeds::refuse(const hub::Follower& follower, const base::Error& error) {
  parts_.hub.call(follower.loop, [to = parts_.followers[follower.loop], name = follower.name, error](hub::Fanout&) {
    to->on_refused(name, error);
  });
}

void Feeds::unfollow(const hub::Follower& follower) {
  looked_for_.erase(follower);
  logs_.unfollow(follower);
  events_.unfollow(follower);
  stats_.unfollow(follower);
}

void Feeds::on_behind(const hub::Follower& follower, const hub::Joint& joint) {
  static_cast<hub::Demand&>(logs_).on_behind(follower, joint);
  events_.on_behind(follower);
  stats_.on_behind(follower);
}

void Feeds::on_drained(const hub::Follower& follower, std::size_t bytes) {
  static_cast<hub::Demand&>(logs_).on_drained(follower, bytes);
}

void Feeds::on_event(const docker::Event& event) {
  if (event.type == "container") logs_.on_container_event(event.id);
  events_.on_event(event);
  containers_.on_event(event);
  if (event.type == "container" && (event.action == "destroy" || event.action == "remove")) stats_.on_removed(event.id);
}

void Feeds::on_resync() {
  logs_.on_resync();
  containers_.on_resync();
  if (events_.containers().empty()) return;
  if (source_.reading()) {
    jobs_.start(look_for_the_gone());
  } else {
    containers_.find_the_gone();
  }
}

// An Engine that was away may have forgotten to say that a container is gone.
net::Task<void> Feeds::look_for_the_gone() {
  docker::ListQuery query;
  query.all = true;
  auto listed = co_await parts_.engine.list(std::move(query));
  if (!listed) co_return;
  std::set<std::string> there;
  for (const docker::Container& each : *listed) there.insert(each.id);
  on_there(there);
}

void Feeds::on_there(const std::set<std::string>& there) {
  for (const std::string& container : events_.containers())
    if (!there.contains(container)) on_gone(container);
}

// The Engine takes a container off its list before it says so.
void Feeds::on_gone(const std::string& container) {
  gone_[container] = parts_.loop.after(last_event_patience, [this, container] {
    const auto mine = gone_.extract(container);
    events_.on_removed(mine.key());
    stats_.on_removed(mine.key());
  });
}

void Feeds::on_engine(bool answers) {
  if (std::exchange(outages_.engine, !answers) == !answers) return;
  const LogState state = answers ? LogState::recovered : LogState::source_down;
  events_.say(state);
  stats_.say(state);
  overview_.on_engine(engine_id_, answers);
}

// The leases that others can take over now, and those that are left at the end.
void Feeds::yield() {
  source_.yield();
  stats_.yield();
  logs_.yield();
}

void Feeds::drain(std::function<void()> done) {
  // Called by whoever is last: those that hand over, or the timer.
  auto once = std::make_shared<std::function<void()>>(std::move(done));
  const auto call_once = [once] {
    if (auto call = std::exchange(*once, nullptr)) call();
  };
  std::shared_ptr<void> last(nullptr, [call_once](void*) { call_once(); });
  jobs_.start(give_away(source_.hand_over(), last));
  for (net::Task<void>& each : stats_.hand_over()) jobs_.start(give_away(std::move(each), last));
  logs_.drain([last] {});
  drain_timer_ = parts_.loop.after(drain_patience, call_once);
}

net::Task<void> Feeds::give_away(net::Task<void> hand_over, std::shared_ptr<void> last) {
  co_await std::move(hand_over);
  last.reset();
}

std::vector<std::pair<const LiveChannel*, bool>> Feeds::live() const {
  std::vector<std::pair<const LiveChannel*, bool>> all = stats_.channels();
  for (const LiveChannel* each : events_.channels()) all.emplace_back(each, source_.reading());
  return all;
}

std::size_t Feeds::live_channels() const { return live().size(); }

BusCounts Feeds::undecodable() const {
  BusCounts counts = source_.counts();
  counts.version += logs_.counts().bus_version;
  counts.malformed += logs_.counts().bus_malformed;
  return counts;
}

std::vector<Feeds::Channel> Feeds::channels() const {
  std::vector<Channel> all;
  for (const auto& [each, read_here] : live()) all.push_back({each->name(), each->followers(), read_here});
  logs_.list([&all](const std::string& name, std::size_t followers, bool owning) {
    all.push_back({name, followers, owning});
  });
  return all;
}

}  // namespace feeds
