// AllEvents: `docker:events`: the events of every Engine that this instance feeds from, as their EventFeeds remember
// them. A follower's position has a place for each of them.
//
// Owner and thread: Overview, the control loop. Bounds: the memories' and the rings'.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "docker/event_positions.hpp"
#include "feeds/live_channel.hpp"

namespace feeds {

class AllEvents {
 public:
  // `alone`: there is no cluster, whose other instances may know Engines before this one.
  AllEvents(net::Loop& loop, LiveChannel::Parts parts, bool alone);

  // `met_at`: by that Engine's own clock.
  void add(std::uint64_t engine, const docker::EventMemory& memory, net::WallTime met_at);
  void remove(std::uint64_t engine) { sources_.erase(engine); }
  // The newest of one of them.
  void on_event(const docker::EventMemory::Entry& entry);

  void follow(const Follow& follow);
  void unfollow(const hub::Follower& follower);
  LiveChannel& channel() { return channel_; }

 private:
  struct Source {
    const docker::EventMemory* memory;
    net::Instant added;
    net::WallTime met_at;
  };
  // A position of what this instance has not heard of yet.
  struct Early {
    Follow follow;
    net::Timer deadline;
  };
  // Where a follower begins in one Engine's memory.
  struct Begin {
    docker::EventMemory::Since since;
    docker::EventPosition at;
  };
  std::map<std::uint64_t, Begin> begins(const Start& start) const;
  bool ahead(const Start& start, const std::map<std::uint64_t, Begin>& begins) const;
  void answer(const Follow& follow, const std::map<std::uint64_t, Begin>& begins);
  std::vector<LiveChannel::Told> told_since(const std::map<std::uint64_t, Begin>& begins,
                                            docker::EventPositions at) const;
  LiveChannel::Told message(const docker::Event& event, const docker::EventPositions& at) const;
  void look_at_early();

  net::Loop& loop_;
  const bool alone_;
  LiveChannel channel_;
  std::map<std::uint64_t, Source> sources_;  // by engine_key()
  std::map<hub::Follower, Early, ByName> early_;
};

}  // namespace feeds
