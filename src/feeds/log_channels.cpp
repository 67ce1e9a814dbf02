// The channels of LogFeeds: how long one lives, and what its followers are told at its end.
#include <algorithm>

#include "base/check.hpp"
#include "base/planted.hpp"
#include "feeds/log_feeds_state.hpp"

namespace feeds {
namespace {

using namespace std::chrono_literals;

constexpr net::Duration degraded_after = 1s;  // a shorter loss of Redis is nobody's business
constexpr net::Duration end_check = 250ms;    // whether a follower of a removed container has everything
constexpr net::Duration end_patience = 60s;   // then it is over for slow ones too
constexpr net::Duration drain_patience = 1s;
constexpr net::Duration others_look = 1s;  // whether other instances still follow what only we read

}  // namespace

// An owner reads on for a while, since people come back, and for as long as others follow. A relay's work ends at once,
// and anybody's when the container is gone.
void LogFeeds::State::linger(Channel& channel) {
  const auto reads_on = [&channel] { return channel.feed->role() == LogFeed::Role::owning && !channel.ends_at; };
  if (base::planted::endless_linger && reads_on()) return;
  if (base::planted::endless_relay && !reads_on()) return;
  const net::Duration look = channel.feed->others_follow() ? std::max(settings.linger, others_look) : settings.linger;
  channel.timer = parts.loop.after(reads_on() ? look : net::Duration::zero(), [this, &channel, reads_on] {
    if (reads_on() && channel.feed->others_follow()) {
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
    if (channel.followers == 0) close(channel);  // at once: whoever comes next begins with a feed that may yet join
  });
}

void LogFeeds::State::on_removed(LogFeed& feed) {
  Channel* channel = channel_of(feed);
  if (channel == nullptr || channel->ends_at) return;
  channel->ends_at = parts.loop.now() + end_patience;
  if (channel->followers == 0) return linger(*channel);
  look_who_is_done(*channel);
}

void LogFeeds::State::on_yielded(LogFeed& feed) {
  Channel* channel = channel_of(feed);
  if (channel != nullptr && channel->followers == 0) linger(*channel);
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
  if (channel.followers > 0) look_again(channel);
}

void LogFeeds::State::look_again(Channel& channel) {
  channel.timer = parts.loop.after(end_check, [this, &channel] { look_who_is_done(channel); });
}

void LogFeeds::on_container_event(const std::string& id) {
  const auto found = state_->channels.find(id);
  if (found != state_->channels.end()) found->second.feed->wake();
}

void LogFeeds::on_resync() {
  for (auto& [id, channel] : state_->channels) channel.feed->wake();
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
  if (base::planted::degraded_never && state == LogState::degraded) return;
  shared.degraded = state == LogState::degraded;
  if (on_degraded) on_degraded(shared.degraded);
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

void LogFeeds::yield() {
  state_->yields = true;
  for (auto& [id, channel] : state_->channels) channel.feed->yield();
}

void LogFeeds::on_degraded(std::function<void(bool)> observer) {
  state_->on_degraded = std::move(observer);
  if (state_->shared.degraded) state_->on_degraded(true);
}

void LogFeeds::list(const std::function<void(const std::string&, std::size_t, bool)>& each) const {
  for (const auto& [id, channel] : state_->channels) {
    const bool owning = channel.feed->role() == LogFeed::Role::owning;
    each("container:logs:" + id, channel.followers, owning);
  }
}

LogFeeds::Facts LogFeeds::facts() const {
  Facts facts;
  facts.channels = state_->channels.size();
  facts.followers = state_->followers.size();
  for (const auto& [id, channel] : state_->channels) {
    switch (channel.feed->role()) {
      case LogFeed::Role::joining:
        break;
      case LogFeed::Role::relaying:
        ++facts.relaying;
        break;
      case LogFeed::Role::pulling:
        ++facts.pulling;
        break;
      case LogFeed::Role::owning:
        ++facts.owning;
        break;
      case LogFeed::Role::degraded:
        ++facts.degraded;
        break;
    }
  }
  return facts;
}

const LogCounts& LogFeeds::counts() const { return state_->counts; }

}  // namespace feeds
