// StatsFeeds: `container:stats:{id}` for each container that somebody follows: one stream of the Engine for all of its
// followers, on whichever instances they are (shared_reading.hpp), and each is sent the newest frame that there is when
// its socket takes one. The newest counts, so nothing makes good what the bus loses.
//
// On the bus, in a SharedFrame: the time, i64, and the message.
// Owner and thread: Feeds, control loop. Bounds: one frame per channel.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "docker/client.hpp"
#include "feeds/live_channel.hpp"
#include "feeds/shared_reading.hpp"

namespace feeds {

class StatsFeeds {
 public:
  // `sharing`: of this Engine's, whose id it is.
  struct Sharing {
    SharedReading::Parts parts;
    std::string engine_id;
  };
  StatsFeeds(Sharing sharing, LiveChannel::Parts parts);

  // Of a container that exists. False: it is gone meanwhile.
  bool follow(const Follow& follow);
  void unfollow(const hub::Follower& follower);
  void on_behind(const hub::Follower& follower);
  void on_removed(const std::string& container);
  void say(LogState state);

  // Somebody follows it, and it is not known to be gone.
  bool has(const std::string& container) const {
    const auto found = channels_.find(container);
    return found != channels_.end() && !found->second->removed;
  }
  // Each channel, and whether it is read here.
  std::vector<std::pair<const LiveChannel*, bool>> channels() const;

  // As of a log: given to others who follow it, once.
  void yield();
  // Every lease has been given away when the last of these has ended.
  std::vector<net::Task<void>> hand_over();

 private:
  struct Channel final : SharedReading::Listener {
    Channel(StatsFeeds& feeds, const std::string& container);
    void on_turn(bool reads) override;
    void on_heard(const SharedFrame& frame) override;

    StatsFeeds& home;
    const std::string container;
    LiveChannel live;
    std::string newest;  // the message
    net::Instant newest_at{};
    bool removed = false;
    net::Instant patience_ends{};
    net::Timer timer;  // when nobody follows; and when the container is gone, the next look at who is done
    net::Job job;
    SharedReading shared;
  };
  net::Task<void> read(Channel& channel);
  net::Task<base::Error> read_once(Channel& channel);
  void tell(Channel& channel, std::string message, net::WallTime time);
  void look_who_is_done(Channel& channel);
  void linger(Channel& channel);

  const Sharing sharing_;
  docker::Client& engine_;
  net::Loop& loop_;
  LiveChannel::Parts parts_;
  std::map<std::string, std::unique_ptr<Channel>> channels_;  // by container
  std::shared_ptr<char> alive_ = std::make_shared<char>();
  bus::Observing observing_;
};

}  // namespace feeds
