// EventFeeds: `container:events:{id}` for each container of one Engine that somebody follows, and that Engine's part of
// `docker:events` (all_events.hpp), from what the Engine tells this instance. Followers who come back with a position
// are told what they missed, as far as it is remembered (docker::EventMemory).
//
// Owner and thread: Feeds, control loop. Bounds: the memory's and the rings'.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "docker/client.hpp"
#include "feeds/all_events.hpp"

namespace feeds {

class EventFeeds {
 public:
  EventFeeds(net::Loop& loop, LiveChannel::Parts parts, const docker::EngineIdentity& engine, AllEvents& all);
  ~EventFeeds() { all_.remove(engine_); }
  EventFeeds(const EventFeeds&) = delete;

  // Of a container that exists.
  void follow(const Follow& follow);
  void unfollow(const hub::Follower& follower);
  void on_behind(const hub::Follower& follower);

  void on_event(const docker::Event& event);
  void on_missed() { memory_.broke(); }
  // The container is gone, whether or not an event said so.
  void on_removed(const std::string& container);
  void say(LogState state);

  // Somebody follows it, and it is not known to be gone.
  bool has(const std::string& container) const { return of_container_.contains(container); }
  std::vector<std::string> containers() const;
  // Every channel that is followed.
  std::vector<const LiveChannel*> channels() const;

 private:
  // One that is gone, while its followers are still being sent what was said of it.
  struct Removed {
    std::unique_ptr<LiveChannel> channel;
    net::Instant patience_ends;
  };
  // A position that another instance has told, and this one has not heard of yet.
  struct Early {
    Follow follow;
    net::Timer deadline;
  };
  LiveChannel& channel_of(const std::string& container);
  void answer(const Follow& follow, const docker::EventMemory::Since& since);
  bool is_gone(const std::string& container) const;
  static LiveChannel::Told message(const LiveChannel& channel, const docker::EventMemory::Entry& entry);
  docker::EventMemory::Since since(const Start& start) const;
  void look_at_early();
  void look_who_is_done();

  net::Loop& loop_;
  LiveChannel::Parts parts_;
  docker::EventMemory memory_;
  const std::uint64_t engine_;
  AllEvents& all_;
  std::map<std::string, std::unique_ptr<LiveChannel>> of_container_;  // by id
  std::vector<Removed> removed_;
  std::map<hub::Follower, Early, ByName> early_;
  net::Timer look_;
};

}  // namespace feeds
