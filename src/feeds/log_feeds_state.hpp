// What LogFeeds keeps: its channels, their followers and the histories that are on their way. Only for log_feeds.cpp
// (followers) and log_channels.cpp (channels).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "bus/bus.hpp"
#include "feeds/live_channel.hpp"
#include "feeds/log_feed.hpp"
#include "feeds/log_feeds.hpp"
#include "feeds/log_history.hpp"
#include "net/random.hpp"
#include "ws/deflate.hpp"

namespace feeds {

struct Channel {
  std::unique_ptr<LogFeed> feed;
  std::unique_ptr<LogPast> past;
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

struct LogFeeds::State final : LogFeed::Owner {
  State(Parts parts_in, Settings settings_in, std::string engine_id)
      : parts(std::move(parts_in)),
        settings(settings_in),
        budget(settings.bus),
        lone(parts.loop, settings.lone),
        catch_ups(parts.loop, settings.history_reads),
        reads(parts.loop, settings.history_reads),
        open_downloads(parts.loop, settings.downloads),
        pages({parts.loop, parts.engine, reads, deflater}, docker::engine_key(engine_id)) {
    shared.instance = parts.loop.random().next();
    shared.engine_id = std::move(engine_id);
    shared.on_undecodable = [this](Undecodable why) {
      ++(why == Undecodable::version ? counts.bus_version : counts.bus_malformed);
    };
    shared.redis_down_since = parts.loop.now();
    observing = parts.bus.on_state([this](bus::State now) { on_bus_state(now); });
    on_bus_state(parts.bus.state());  // a Redis that never answered is not heard of
  }

  void on_joined(LogFeed& feed) override { wake_histories(feed); }
  void on_moved(LogFeed& feed) override { wake_histories(feed); }
  void on_failed(LogFeed& feed, const base::Error& error) override;
  void on_removed(LogFeed& feed) override;
  void on_yielded(LogFeed& feed) override;

  // None for a feed that is handing its lease over: its channel is closed, and another may be in its place.
  Channel* channel_of(const LogFeed& feed) {
    const auto found = channels.find(feed.container().id);
    return found != channels.end() && found->second.feed.get() == &feed ? &found->second : nullptr;
  }
  void wake_histories(const LogFeed& feed) {
    Channel* channel = channel_of(feed);
    if (channel == nullptr) return;
    for (auto& [name, history] : channel->histories) history->on_feed_moved();
  }
  Channel& open(const std::string& id);
  void start_history(const hub::Follower& follower, Entry& entry, LogHistory::Asked asked);
  static LogHistory* pending_history(const hub::Follower& follower, const Entry& entry);
  void reshape(const hub::Follower& name, const Shape& shape);
  void mirror(const hub::Follower& name, const Entry& entry);
  void unmirror(const hub::Follower& name, const Entry& entry);
  void drop(const hub::Follower& follower);
  void linger(Channel& channel);
  void close(Channel& channel);
  void refuse(const hub::Follower& follower, const base::Error& error);
  void look_who_is_done(Channel& channel);
  void look_again(Channel& channel);
  void on_bus_state(bus::State now);
  void tell_all(LogState state);
  static net::Task<void> retire(std::unique_ptr<LogFeed> feed) { co_await feed->hand_over(); }
  static net::Task<void> hand_over(LogFeed& feed, std::shared_ptr<void> last) {
    co_await feed.hand_over();
    last.reset();
  }

  Parts parts;
  Settings settings;
  ws::Deflater deflater;
  BusBudget budget;
  LoneReading lone;
  net::Gate catch_ups;
  LogCounts counts;
  LogFeed::Shared shared{parts, settings, 0, {}, {}, deflater, budget, lone, catch_ups, counts.losses, {}, false};
  net::Gate reads, open_downloads;
  std::size_t past_bytes = 0;  // held by all channels
  LogPages pages;
  std::map<std::string, Channel> channels;  // by container id
  std::map<hub::Follower, Entry, ByName> followers;
  std::function<void(bool)> on_degraded;
  bool yields = false;
  std::map<hub::Follower, std::unique_ptr<LogDownload>, ByName> downloads;
  net::Timer degraded_timer, drain_timer;
  std::shared_ptr<char> alive = std::make_shared<char>();
  bus::Observing observing;
  net::Jobs jobs;
};

}  // namespace feeds
