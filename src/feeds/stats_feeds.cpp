#include "feeds/stats_feeds.hpp"

#include <algorithm>
#include <cmath>

#include "base/bytes.hpp"
#include "base/message.hpp"
#include "docker/timestamp.hpp"
#include "net/random.hpp"
#include "net/signal.hpp"

namespace feeds {
namespace {

using base::put;
using base::Taker;
using namespace std::chrono_literals;

constexpr net::Duration linger_time = 5s;  // people come back
constexpr net::Duration stale_after = 3s;  // a frame that old says nothing to a newcomer
constexpr net::Duration backoff_first = 100ms, backoff_max = 10s;
constexpr net::Duration unread_patience = 5s;  // of a reader to whom the Engine gives nothing
constexpr net::Duration flow_patience = 10s;
constexpr net::Duration endless = std::chrono::hours(24 * 365);
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

StatsFeeds::Channel::Channel(StatsFeeds& feeds, const std::string& of)
    : home(feeds),
      container(of),
      live(feeds.parts_, {Source::stats, true}, "container:stats:" + of),
      shared(feeds.sharing_.parts, feeds.sharing_.engine_id + "/container:stats:" + of, *this) {}

StatsFeeds::StatsFeeds(Sharing sharing, LiveChannel::Parts parts)
    : sharing_(std::move(sharing)), engine_(sharing_.parts.engine), loop_(engine_.loop()), parts_(std::move(parts)) {
  observing_ = sharing_.parts.bus.on_state([this](bus::State) {
    for (auto& [container, channel] : channels_) channel->shared.on_bus_state();
  });
}

bool StatsFeeds::follow(const Follow& follow) {
  auto& channel = channels_[follow.container];
  if (channel && channel->removed) return false;
  if (!channel) channel = std::make_unique<Channel>(*this, follow.container);
  channel->shared.want(true);
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

// With an embedded bus it is read all the while; else the lease goes to somebody who has followers.
void StatsFeeds::linger(Channel& channel) {
  if (sharing_.parts.bus.state() != bus::State::embedded) channel.shared.want(false);
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

void StatsFeeds::Channel::on_turn(bool reads) { job = reads ? net::Job(home.read(*this)) : net::Job(); }

void StatsFeeds::Channel::on_heard(const SharedFrame& frame) {
  if (frame.kind != SharedFrame::Kind::message || removed) return;
  Taker taker{frame.body};
  const net::WallTime time(net::Duration(taker.number<std::int64_t>()));
  if (taker.good) home.tell(*this, std::string(taker.rest), time);
}

net::Task<void> StatsFeeds::read(Channel& channel) {
  net::Duration most = backoff_first;
  net::Instant read_at = loop_.now();
  for (;;) {
    const net::Instant begun = loop_.now();
    const base::Error error = co_await read_once(channel);
    if (error.fault == base::Fault::not_found) break;
    if (loop_.now() - begun > backoff_max) most = backoff_first;
    if (channel.newest_at > read_at) read_at = channel.newest_at;
    if (loop_.now() - read_at > unread_patience) {
      read_at = loop_.now();
      channel.shared.yield();  // another may reach the Engine
    }
    co_await loop_.sleep(net::Duration(static_cast<std::int64_t>(loop_.random().unit() * double(most.count()))));
    most = std::min<net::Duration>(2 * most, backoff_max);
  }
  loop_.post([this, container = channel.container, alive = std::weak_ptr(alive_)] {
    if (alive.lock()) on_removed(container);
  });
}

net::Task<base::Error> StatsFeeds::read_once(Channel& channel) {
  auto stream = co_await engine_.stats(channel.container);
  if (!stream) co_return stream.error();
  // One that flowed and stands still may be a connection that is none any more, and others rely on us now.
  net::Duration silence_max = endless;
  for (;;) {
    auto stats = co_await net::with_deadline(loop_, silence_max, (*stream)->next());
    if (!stats) co_return stats.error();
    if (sharing_.parts.bus.state() != bus::State::embedded) silence_max = flow_patience;
    std::string message = message_of(*stats, channel.live.name());
    std::string frame;
    put(frame, static_cast<std::int64_t>(stats->time.time_since_epoch().count()));
    channel.shared.publish(frame += message);
    tell(channel, std::move(message), stats->time);
  }
}

void StatsFeeds::tell(Channel& channel, std::string message, net::WallTime time) {
  channel.newest = std::move(message);
  channel.newest_at = loop_.now();
  channel.live.publish({channel.newest}, time);
}

void StatsFeeds::on_removed(const std::string& container) {
  const auto found = channels_.find(container);
  if (found == channels_.end() || found->second->removed) return;
  Channel& channel = *found->second;
  channel.removed = true;
  channel.shared.want(false);
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

std::vector<std::pair<const LiveChannel*, bool>> StatsFeeds::channels() const {
  std::vector<std::pair<const LiveChannel*, bool>> all;
  for (const auto& [container, channel] : channels_) all.emplace_back(&channel->live, channel->shared.reading());
  return all;
}

void StatsFeeds::yield() {
  for (auto& [container, channel] : channels_) channel->shared.yield();
}

std::vector<net::Task<void>> StatsFeeds::hand_over() {
  std::vector<net::Task<void>> all;
  for (auto& [container, channel] : channels_) all.push_back(channel->shared.hand_over());
  return all;
}

}  // namespace feeds
