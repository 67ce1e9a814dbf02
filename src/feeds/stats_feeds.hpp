// StatsFeeds: `container:stats:{id}` for each container that somebody follows: one stream of the Engine for all of its
// followers, and each is sent the newest frame that there is when its socket takes one.
//
// Owner and thread: Feeds, control loop. Bounds: one frame per channel.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "docker/client.hpp"
#include "feeds/live_channel.hpp"

namespace feeds {

class StatsFeeds {
 public:
  StatsFeeds(docker::Client& engine, LiveChannel::Parts parts);

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
  std::vector<const LiveChannel*> channels() const;

 private:
  struct Channel {
    Channel(LiveChannel::Parts parts, const std::string& container);

    LiveChannel live;
    std::string newest;  // the message
    net::Instant newest_at{};
    bool removed = false;
    net::Instant patience_ends{};
    net::Timer timer;  // when nobody follows; and when the container is gone, the next look at who is done
    net::Job job;
  };
  net::Task<void> read(std::string container, Channel& channel);
  net::Task<base::Error> read_once(const std::string& container, Channel& channel);
  void look_who_is_done(Channel& channel);
  void linger(Channel& channel);

  docker::Client& engine_;
  net::Loop& loop_;
  LiveChannel::Parts parts_;
  std::map<std::string, std::unique_ptr<Channel>> channels_;  // by container
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace feeds
