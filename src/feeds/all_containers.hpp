// AllContainers: the channel `containers`: one picture of the containers of every Engine that this instance feeds from,
// as each one's ContainersFeed sees them.
//
// Owner and thread: Overview, the control loop. Bounds: what the Engines list.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "feeds/live_channel.hpp"

namespace feeds {

class ContainersFeed;

class AllContainers {
 public:
  explicit AllContainers(LiveChannel::Parts parts);

  void add(ContainersFeed& feed);
  void remove(const ContainersFeed& feed);

  void follow(const Follow& follow);
  void unfollow(const hub::Follower& follower);
  void on_behind(const hub::Follower& follower);
  LiveChannel& channel() { return channel_; }
  bool followed() const { return channel_.followed(); }

  // A picture has become another.
  void publish_whole() { channel_.publish({whole()}); }

 private:
  bool known() const;
  std::string whole() const;

  LiveChannel channel_;
  std::map<std::string, ContainersFeed*> feeds_;  // by the Engine's id
};

}  // namespace feeds
