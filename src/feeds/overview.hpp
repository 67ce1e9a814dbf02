// Overview: the channels of this instance that are about all Engines at once: `docker:events` and `containers`. Each
// Engine's Feeds adds what it hears, and says whether the Engine answers. Where there are several, a status says which.
//
// Thread: the control loop. It outlives the Feeds.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "feeds/all_containers.hpp"
#include "feeds/all_events.hpp"

namespace feeds {

class Overview {
 public:
  // `alone`: there is no cluster.
  Overview(net::Loop& loop, hub::Hub& hub, std::vector<Followers*> followers, bool alone);

  static bool tells(Source source) { return source == Source::docker_events || source == Source::containers; }
  void follow(const Follow& follow);
  void unfollow(const hub::Follower& follower);
  void on_behind(const hub::Follower& follower);
  std::vector<const LiveChannel*> channels();

  AllEvents& events() { return events_; }
  AllContainers& containers() { return containers_; }
  void add_engine(const std::string& id) { engines_.insert(id); }
  void remove_engine(const std::string& id);
  void on_engine(const std::string& id, bool answers);
  // Whether followers are told that Redis is down.
  void on_degraded(bool degraded);

 private:
  void note_outages();

  ws::Deflater deflater_;
  Framer framer_{deflater_};
  Outages outages_;
  std::set<std::string> engines_, down_;  // their ids
  AllEvents events_;
  AllContainers containers_;
};

}  // namespace feeds
