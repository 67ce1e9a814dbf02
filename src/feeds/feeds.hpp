// Feeds: all channels of this instance that one Engine feeds, each by its own kind: logs, a container's events and
// stats; and that Engine's part of those that are about all (overview.hpp); all of them shared with other instances.
// Says to each what becomes of the Engine and of Redis.
//
// Thread: the control loop. Answers through Followers.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "feeds/containers_feed.hpp"
#include "feeds/engine_events.hpp"
#include "feeds/event_feeds.hpp"
#include "feeds/log_feeds.hpp"
#include "feeds/overview.hpp"
#include "feeds/stats_feeds.hpp"

namespace feeds {

class Feeds final : public hub::Demand {
 public:
  // `source`: where the events come from, which its owner passes on; it outlives the Feeds.
  Feeds(const LogFeeds::Parts& parts, const Settings& settings, const std::string& engine_id, EngineEvents& source,
        Overview& overview);
  ~Feeds() override { overview_.remove_engine(engine_id_); }

  // Of a container. A second follow of the same name replaces the first one's options.
  void follow(Follow follow);
  void unfollow(const hub::Follower& follower);

  // A stretch of a log for one HTTP request (log_download.hpp).
  void download(Download asked) { logs_.download(std::move(asked)); }
  void end_download(const hub::Follower& asker) { logs_.end_download(asker); }

  // A page of a log's history (log_pages.hpp).
  void page(PageAsked asked, OnPage on_page) { logs_.page(std::move(asked), std::move(on_page)); }

  // What the Engine tells.
  void on_event(const docker::Event& event);
  void on_missed_events() { events_.on_missed(); }
  void on_resync();
  void on_engine(bool answers);

  // The instance is about to go: gives away what other instances follow, and reads on what they do not.
  void yield();
  // Gives every lease away and stops reading; `done` is called once that is so, or after a second.
  void drain(std::function<void()> done);

  struct Channel {
    std::string name;
    std::size_t followers;
    bool read_here;  // else another instance reads it, and this one relays
  };
  std::vector<Channel> channels() const;
  // Somebody follows what it feeds, or waits for something.
  bool in_use() const { return !channels().empty() || !looked_for_.empty() || logs_.asked(); }
  const LogFeeds& logs() const { return logs_; }
  // Bus messages that could not be used.
  BusCounts undecodable() const;
  std::size_t live_channels() const;
  // The Engine's events are, and with them the picture of its containers.
  bool events_read_here() const { return source_.reading(); }

  void on_behind(const hub::Follower& follower, const hub::Joint& joint) override;
  void on_drained(const hub::Follower& follower, std::size_t bytes) override;

 private:
  net::Task<void> look_for(hub::Follower follower);
  net::Task<base::Result<docker::Container>> look_at(std::string container);
  net::Task<void> look_for_the_gone();
  static net::Task<void> give_away(net::Task<void> hand_over, std::shared_ptr<void> last);
  void on_there(const std::set<std::string>& there);
  void on_gone(const std::string& container);
  void join(const Follow& follow);
  void refuse(const hub::Follower& follower, const base::Error& error);
  std::vector<std::pair<const LiveChannel*, bool>> live() const;

  const LogFeeds::Parts parts_;
  const std::string engine_id_;
  EngineEvents& source_;
  Overview& overview_;
  ws::Deflater deflater_;
  Framer framer_{deflater_};
  Outages outages_;
  EventFeeds events_;
  StatsFeeds stats_;
  ContainersFeed containers_;
  std::map<hub::Follower, Follow, ByName> looked_for_;  // those whose container may not exist
  net::Gate looks_;
  std::map<std::string, net::Timer> gone_;  // off the list, while their last event may be on its way
  net::Timer drain_timer_;
  net::Jobs jobs_;
  LogFeeds logs_;  // last: it may say at once that Redis is down
};

}  // namespace feeds
