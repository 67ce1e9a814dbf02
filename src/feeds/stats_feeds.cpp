#include "feeds/stats_feeds.hpp"

#include <algorithm>
#include <cmath>

#include "base/message.hpp"
#include "docker/timestamp.hpp"
#include "net/random.hpp"

namespace feeds {
namespace {

using namespace std::chrono_literals;

constexpr net::Duration linger_time = 5s;  // people come back
constexpr net::Duration stale_after = 3s;  // a frame that old says nothing to a newcomer
constexpr net::Duration backoff_first = 100ms, backoff_max = 10s;
constexpr net::Duration end_check = 250ms, end_patience = 60s;

// The Docker CLI prints two digits; a small container's share of the memory is below.
std::string percent(double value) {
  char text[32];
  const int size = std::snprintf(text, sizeof text, "%.4f", std::isfinite(value) ? value : 0.0);
  return {text, static_cast<std::size_t>(size)};
}

std::string message_of(const docker::Stats& stats, const std::string& channel) {
  base::Message message("stats");
  message.text("channel", channel).text("time", docker::format_time(stats.time));
  message.raw("cpu_percent", percent(stats.cpu_percent));
  message.number("memory_bytes", stats.memory_bytes).number("memory_limit_bytes", stats.memory_limit_bytes);
  message.raw("memory_percent", percent(stats.memory_percent));
  message.number("network_rx_bytes", stats.network_rx_bytes).number("network_tx_bytes", stats.network_tx_bytes);
  message.number("block_read_bytes", stats.block_read_bytes).number("block_write_bytes", stats.block_write_bytes);
  return message.number("pids", stats.pids).take();
}

}  // namespace

StatsFeeds::Channel::Channel(LiveChannel::Parts parts, const std::string& container)
    : live(std::move(parts), {Source::stats, true}, "container:stats:" + container) {}

StatsFeeds::StatsFeeds(docker::Client& engine, LiveChannel::Parts parts)
    : engine_(engine), loop_(engine.loop()), parts_(std::move(parts)) {}

bool StatsFeeds::follow(const Follow& follow) {
  auto& channel = channels_[follow.container];
  if (channel && channel->removed) return false;
  if (!channel) {
    channel = std::make_unique<Channel>(parts_, follow.container);
    channel->job = net::Job(read(follow.container, *channel));
  }
  channel->timer.cancel();
  std::vector<LiveChannel::Told> messages;
  if (!channel->live.has(follow.follower)) {
    messages = channel->live.outages(follow.shape);
    const bool of_use = !channel->newest.empty() && loop_.now() - channel->newest_at < stale_after;
    if (of_use) messages.push_back({channel->newest});
  }
  channel->live.join(follow.follower, follow.shape, {}, messages);
  return true;
}

void StatsFeeds::unfollow(const hub::Follower& follower) {
  for (auto& [container, channel] : channels_) {
    if (!channel->live.has(follower)) continue;
    channel->live.leave(follower);
    if (!channel->live.followed()) linger(*channel);
    return;
  }
}

void StatsFeeds::linger(Channel& channel) {
  channel.timer = loop_.after(channel.removed ? net::Duration::zero() : linger_time, [this, &channel] {
    std::erase_if(channels_, [&channel](const auto& each) { return each.second.get() == &channel; });
  });
}

void StatsFeeds::on_behind(const hub::Follower& follower) {
  for (auto& [container, channel] : channels_) channel->live.rejoin(follower);
}

void StatsFeeds::say(LogState state) {
  for (auto& [container, channel] : channels_)
    if (!channel->removed) channel->live.publish_status(state);
}

net::Task<void> StatsFeeds::read(std::string container, Channel& channel) {
  net::Duration most = backoff_first;
  for (;;) {
    const net::Instant begun = loop_.now();
    const base::Error error = co_await read_once(container, channel);
    if (error.fault == base::Fault::not_found) break;
    if (loop_.now() - begun > backoff_max) most = backoff_first;
    co_await loop_.sleep(net::Duration(static_cast<std::int64_t>(loop_.random().unit() * double(most.count()))));
    most = std::min<net::Duration>(2 * most, backoff_max);
  }
  loop_.post([this, container, alive = std::weak_ptr(alive_)] {
    if (alive.lock()) on_removed(container);
  });
}

net::Task<base::Error> StatsFeeds::read_once(const std::string& container, Channel& channel) {
  auto stream = co_await engine_.stats(container);
  if (!stream) co_return stream.error();
  for (;;) {
    auto stats = co_await (*stream)->next();
    if (!stats) co_return stats.error();
    channel.newest = message_of(*stats, channel.live.name());
    channel.newest_at = loop_.now();
    channel.live.publish({channel.newest}, stats->time);
  }
}

void StatsFeeds::on_removed(const std::string& container) {
  const auto found = channels_.find(container);
  if (found == channels_.end() || found->second->removed) return;
  Channel& channel = *found->second;
  channel.removed = true;
  channel.job = {};
  channel.patience_ends = loop_.now() + end_patience;
  channel.live.publish_status(LogState::removed);
  look_who_is_done(channel);
}

void StatsFeeds::look_who_is_done(Channel& channel) {
  if (!channel.live.followed()) return linger(channel);
  channel.live.end(loop_.now() >= channel.patience_ends);
  channel.timer = loop_.after(end_check, [this, &channel] { look_who_is_done(channel); });
}

std::vector<const LiveChannel*> StatsFeeds::channels() const {
  std::vector<const LiveChannel*> all;
  for (const auto& [container, channel] : channels_) all.push_back(&channel->live);
  return all;
}

}  // namespace feeds
