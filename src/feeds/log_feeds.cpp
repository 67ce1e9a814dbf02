#include "feeds/log_feeds.hpp"

#include <tuple>

#include "base/log.hpp"
#include "bus/bus.hpp"
#include "feeds/log_feed.hpp"
#include "feeds/log_history.hpp"
#include "net/random.hpp"

namespace feeds {
namespace {

using namespace std::chrono_literals;

constexpr net::Duration degraded_after = 1s;  // a shorter loss of Redis is nobody's business
constexpr net::Duration end_check = 250ms;    // whether a follower of a removed container has everything
constexpr net::Duration end_patience = 60s;   // then it is over for slow ones too
constexpr net::Duration drain_patience = 1s;

struct ByName {
  static auto tie(const hub::Follower& each) {
    return std::tie(each.loop, each.name.session.slot, each.name.session.generation, each.name.subscription);
  }
  bool operator()(const hub::Follower& a, const hub::Follower& b) const { return tie(a) < tie(b); }
};

struct Channel {
  std::unique_ptr<LogFeed> feed;
  std::map<hub::Follower, std::unique_ptr<LogHistory>, ByName> histories;  // of those not in the ring
  std::uint32_t followers = 0;
  net::Timer timer;  // the linger; then, once the container is gone, the next look at who is done
  std::optional<net::Instant> ends_at;
};

struct Entry {
  Channel* channel;
  Shape shape;
  bool answer = false;  // it was asked for anew, and is answered once it is known where it stands
};

}  // namespace

struct LogFeeds::State final : LogFeed::Owner {
  State(Parts parts_in, Settings settings_in, std::string engine_id)
      : parts(std::move(parts_in)), settings(settings_in), reads(parts.loop, settings.history_reads) {
    shared.instance = parts.loop.random().next();
    shared.engine_id = std::move(engine_id);
    shared.on_undecodable = [this](Undecodable why) {
      ++(why == Undecodable::version ? counts.bus_version : counts.bus_malformed);
    };
    shared.redis_down_since = parts.loop.now();
    parts.bus.on_state([this, alive = std::weak_ptr(alive)](bus::State now) {
      if (alive.lock()) on_bus_state(now);
    });
  }

  void on_joined(LogFeed& feed) override { wake_histories(feed); }
  void on_moved(LogFeed& feed) override { wake_histories(feed); }
  void on_failed(LogFeed& feed, const base::Error& error) override;
  void on_removed(LogFeed& feed) override;

  Channel& channel_of(LogFeed& feed) { return channels.at(feed.container().id); }
  void wake_histories(LogFeed& feed) {
    for (auto& [name, history] : channel_of(feed).histories) history->on_feed_moved();
  }
  Channel& open(const std::string& id);
  void start_history(const hub::Follower& follower, Entry& entry, LogHistory::Asked asked);
  void reshape(const hub::Follower& name, const Shape& shape);
  void mirror(const hub::Follower& name, const Entry& entry);
  void unmirror(const hub::Follower& name, const Entry& entry);
  void drop(const hub::Follower& follower);
  void linger(Channel& channel);
  void close(Channel& channel);
  void refuse(const hub::Follower& follower, const base::Error& error);
  void look_who_is_done(Channel& channel);
  void on_bus_state(bus::State now);
  void tell_all(LogState state);
  static net::Task<void> retire(std::unique_ptr<LogFeed> feed) { co_await feed->hand_over(); }
  static net::Task<void> hand_over(LogFeed& feed, std::shared_ptr<void> last) {
    co_await feed.hand_over();
    last.reset();
  }

  Parts parts;
  Settings settings;
  LogFeed::Shared shared{parts, settings, 0, {}, {}, {}, false};
  LogCounts counts;
  net::Gate reads;
  std::map<std::string, Channel> channels;  // by container id
  std::map<hub::Follower, Entry, ByName> followers;
  net::Timer degraded_timer, drain_timer;
  std::shared_ptr<char> alive = std::make_shared<char>();
  net::Jobs jobs;
};

LogFeeds::LogFeeds(Parts parts, Settings settings, std::string engine_id)
    : state_(std::make_unique<State>(std::move(parts), settings, std::move(engine_id))) {}
LogFeeds::~LogFeeds() {
  while (!state_->followers.empty()) state_->drop(hub::Follower(state_->followers.begin()->first));
}

// --- followers -------------------------------------------------------------------------------------------------------

Channel& LogFeeds::State::open(const std::string& id) {
  Channel& channel = channels[id];
  channel.timer.cancel();
  if (!channel.feed) {
    docker::Container container;
    container.id = id;
    channel.feed = std::make_unique<LogFeed>(shared, std::move(container), *this);
  }
  return channel;
}

void LogFeeds::State::start_history(const hub::Follower& follower, Entry& entry, LogHistory::Asked asked) {
  Channel& channel = *entry.channel;
  auto done = [this, follower, alive_now = std::weak_ptr(alive)](std::optional<base::Error> refused) {
    if (!alive_now.lock()) return;
    const auto found = followers.find(follower);
    if (found == followers.end()) return;
    found->second.channel->histories.erase(follower);
    if (refused) refuse(follower, *refused);
  };
  channel.histories[follower] =
      std::make_unique<LogHistory>(LogHistory::Shared{shared, reads}, *channel.feed, std::move(asked), std::move(done));
}

void LogFeeds::follow(Follow follow) {
  State& state = *state_;
  const hub::Follower name = follow.follower;
  if (state.followers.contains(name)) {
    if (follow.start.empty() && state.followers.at(name).channel->feed->container().id == follow.container) {
      state.reshape(name, follow.shape);
      return;
    }
    state.drop(name);
  }
  Channel& channel = state.open(follow.container);
  ++channel.followers;
  Entry& entry = state.followers.emplace(name, Entry{&channel, follow.shape}).first->second;
  state.mirror(name, entry);
  const bool resumed = follow.start.after.has_value();
  state.start_history(name, entry, {name, follow.shape, std::move(follow.start), true, resumed});
}

// Other options for the same stream: it goes on where it stands. In the ring, only its serving loop knows where that
// is: it is taken off there and comes back through on_behind().
void LogFeeds::State::reshape(const hub::Follower& name, const Shape& shape) {
  Entry& entry = followers.at(name);
  auto& histories = entry.channel->histories;
  const auto pending = histories.find(name);
  if (pending == histories.end()) {
    parts.hub.call(name.loop, [follower = name.name](hub::Fanout& fanout) { fanout.release(follower); });
    entry.answer = true;
  }
  unmirror(name, entry);
  entry.shape = shape;
  mirror(name, entry);
  if (pending == histories.end()) return;
  LogHistory::Asked asked = pending->second->rest();
  asked.shape = shape;
  asked.answer = true;
  start_history(name, entry, std::move(asked));
}

void LogFeeds::State::mirror(const hub::Follower& name, const Entry& entry) {
  LogFeed& feed = *entry.channel->feed;
  parts.hub.mirror(feed.rings().open(entry.shape, feed.joined() ? feed.at() : feed.identity()), name.loop);
}

void LogFeeds::State::unmirror(const hub::Follower& name, const Entry& entry) {
  LogRings& rings = entry.channel->feed->rings();
  parts.hub.unmirror(rings.number(entry.shape), name.loop);
  rings.close(entry.shape);
}

void LogFeeds::unfollow(const hub::Follower& follower) { state_->drop(follower); }

void LogFeeds::State::drop(const hub::Follower& follower) {
  const auto found = followers.find(follower);
  if (found == followers.end()) return;
  Channel& channel = *found->second.channel;
  channel.histories.erase(follower);
  unmirror(follower, found->second);
  followers.erase(found);
  if (--channel.followers == 0) linger(channel);
}

void LogFeeds::on_behind(const hub::Follower& follower, const hub::Place& place) {
  const auto found = state_->followers.find(follower);
  if (found == state_->followers.end()) return;
  Entry& entry = found->second;
  Start start;
  start.after = position_of(place, entry.channel->feed->identity());
  state_->start_history(follower, entry, {follower, entry.shape, start, std::exchange(entry.answer, false), false});
}

void LogFeeds::on_drained(const hub::Follower& follower, std::size_t bytes) {
  const auto found = state_->followers.find(follower);
  if (found == state_->followers.end()) return;
  auto& histories = found->second.channel->histories;
  if (const auto history = histories.find(follower); history != histories.end()) history->second->on_drained(bytes);
}

void LogFeeds::State::refuse(const hub::Follower& follower, const base::Error& error) {
  parts.hub.call(follower.loop, [to = parts.followers[follower.loop], name = follower.name, error](hub::Fanout&) {
    to->on_refused(name, error);
  });
  drop(follower);
}

// --- channels --------------------------------------------------------------------------------------------------------

// An owner reads on for a while, since people come back, and for as long as others follow. A relay's work ends at once.
void LogFeeds::State::linger(Channel& channel) {
  const bool owns = channel.feed->role() == LogFeed::Role::owning;
  channel.timer = parts.loop.after(owns ? settings.linger : net::Duration::zero(), [this, &channel] {
    if (channel.feed->role() == LogFeed::Role::owning && channel.feed->others_follow()) {
      linger(channel);
    } else {
      close(channel);
    }
  });
}

void LogFeeds::State::close(Channel& channel) {
  CHECK(channel.followers == 0);
  std::unique_ptr<LogFeed> feed = std::move(channel.feed);
  channels.erase(feed->container().id);
  jobs.start(retire(std::move(feed)));
}

void LogFeeds::State::on_failed(LogFeed& feed, const base::Error& error) {
  // Posted, since the feed's own coroutine tells us.
  parts.loop.post([this, id = feed.container().id, error, alive_now = std::weak_ptr(alive)] {
    if (!alive_now.lock() || !channels.contains(id)) return;
    Channel& channel = channels.at(id);
    while (!channel.histories.empty()) refuse(hub::Follower(channel.histories.begin()->first), error);
  });
}

void LogFeeds::State::on_removed(LogFeed& feed) {
  Channel& channel = channel_of(feed);
  if (channel.ends_at) return;
  channel.ends_at = parts.loop.now() + end_patience;
  look_who_is_done(channel);
}

// A subscription ends when its follower has been sent everything, `removed` last.
void LogFeeds::State::look_who_is_done(Channel& channel) {
  const bool force = parts.loop.now() >= *channel.ends_at;
  for (const auto& [name, entry] : followers) {
    if (entry.channel != &channel || (channel.histories.contains(name) && !force)) continue;
    parts.hub.call(name.loop, [to = parts.followers[name.loop], follower = name.name, force](hub::Fanout& fanout) {
      if (force || fanout.has_everything(follower)) to->on_ended(follower);
    });
  }
  if (channel.followers == 0) return;
  channel.timer = parts.loop.after(end_check, [this, &channel] { look_who_is_done(channel); });
}

void LogFeeds::on_container_event(const std::string& id) {
  const auto found = state_->channels.find(id);
  if (found != state_->channels.end()) found->second.feed->wake();
}

void LogFeeds::State::on_bus_state(bus::State now) {
  for (auto& [id, channel] : channels) channel.feed->on_bus_state();
  if (now == bus::State::down) {
    shared.redis_down_since = parts.loop.now();
    degraded_timer = parts.loop.after(degraded_after, [this] { tell_all(LogState::degraded); });
    return;
  }
  degraded_timer.cancel();
  if (shared.degraded) tell_all(LogState::recovered);
}

void LogFeeds::State::tell_all(LogState state) {
  shared.degraded = state == LogState::degraded;
  for (auto& [id, channel] : channels) channel.feed->announce(state);
}

void LogFeeds::drain(std::function<void()> done) {
  State& state = *state_;
  // Called by whoever is last: the feeds that have handed over, or the timer.
  auto once = std::make_shared<std::function<void()>>(std::move(done));
  const auto call_once = [once] {
    if (auto call = std::exchange(*once, nullptr)) call();
  };
  std::shared_ptr<void> last(nullptr, [call_once](void*) { call_once(); });
  for (auto& [id, channel] : state.channels) state.jobs.start(state.hand_over(*channel.feed, last));
  state.drain_timer = state.parts.loop.after(drain_patience, call_once);
}

LogFeeds::Facts LogFeeds::facts() const {
  Facts facts;
  facts.channels = state_->channels.size();
  facts.followers = state_->followers.size();
  for (const auto& [id, channel] : state_->channels) facts.owning += channel.feed->role() == LogFeed::Role::owning;
  return facts;
}

const LogCounts& LogFeeds::counts() const { return state_->counts; }

}  // namespace feeds
