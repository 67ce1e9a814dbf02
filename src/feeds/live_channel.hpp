// LiveChannel: a channel whose messages are made on this instance, once, for whoever follows: a ring per shape, and the
// followers. What one is told before it joins is its maker's business, who gives it with join().
//
// Owner and thread: the control loop. Bounds: the rings'. Nobody is told here that messages were missed: who fell
// behind comes back through rejoin().
#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "feeds/framer.hpp"
#include "feeds/status.hpp"
#include "hub/hub.hpp"

namespace feeds {

struct ByName {
  static auto tie(const hub::Follower& each) {
    return std::tie(each.loop, each.name.session.slot, each.name.session.generation, each.name.subscription);
  }
  bool operator()(const hub::Follower& a, const hub::Follower& b) const { return tie(a) < tie(b); }
};

// What followers were told to be down, and who comes meanwhile is told too.
struct Outages {
  bool engine = false, redis = false;
  std::set<std::string> engines = {};  // by id, where a channel is about several
};

class LiveChannel {
 public:
  struct Parts {
    hub::Hub& hub;
    Framer& framer;
    std::vector<Followers*> followers;  // by serving loop
    const Outages& outages;
  };
  struct Kind {
    Source source;
    bool latest_wins = false;  // who is slow gets the newest message only
  };
  LiveChannel(Parts parts, Kind kind, std::string name);
  ~LiveChannel();
  LiveChannel(const LiveChannel&) = delete;

  const std::string& name() const { return name_; }
  bool followed() const { return !followers_.empty(); }
  std::size_t followers() const { return followers_.size(); }
  bool has(const hub::Follower& follower) const { return followers_.contains(follower); }
  const Shape& shape_of(const hub::Follower& follower) const { return followers_.at(follower).shape; }  // of one it has

  struct Told {
    std::string json;           // a whole object
    std::string position = {};  // where who has it stands, if it moves anybody
    std::string payload = {};   // what Form::payload is sent of it; empty: the whole object
  };
  // To all. `after`: where a follower stands who has it, for rejoin().
  void publish(const Told& message, net::WallTime source_time = {}, const hub::Place& after = {});
  // What is not the same for each shape.
  using Maker = std::function<Told(Form)>;
  void publish(const Maker& maker, const hub::Place& after = {});
  // `engine`: which of them, where the channel is about several.
  void publish_status(LogState state, const std::string& engine = {});

  // It is told `subscribed`, then the messages, then whatever is published from now on. Of one who follows already: the
  // messages stand for all that it was not sent yet; without any it goes on where it stands.
  void join(const hub::Follower& follower, const Shape& shape, const Subscribed& subscribed,
            const std::vector<Told>& messages);
  // The same in steps, for who is told more than fits at once. `present`: where who has everything stands.
  void tell(const hub::Follower& follower, const Subscribed& subscribed) const;
  // How many bytes that is; as many are reported as drained.
  std::size_t replay(const hub::Follower& follower, Form form, const std::vector<Told>& messages);
  void attach(const hub::Follower& follower, const Shape& shape, const hub::Place& present = {});
  void refuse(const hub::Follower& follower, const base::Error& error) const;
  void leave(const hub::Follower& follower);
  // It fell out of its ring: it goes on with the oldest that is there or, behind these messages, with the next one.
  void rejoin(const hub::Follower& follower);
  void rejoin(const hub::Follower& follower, const std::vector<Told>& messages);
  // Those who have been given everything are told that it is over, the others too where `force`.
  void end(bool force);
  // What is down, as messages for whoever comes. Of Redis only where it matters to the channel's events.
  std::vector<Told> outages(const Shape& shape) const;

 private:
  struct Entry {
    hub::RingNumber ring = 0;
    std::uint32_t followers = 0;
  };
  static std::size_t index(const Shape& shape);
  static Shape shape(std::size_t index);
  void publish(std::size_t index, const Told& message, net::WallTime source_time, const hub::Place& after);
  Told status(LogState state, const Shape& shape, const std::string& engine = {}) const;

  Parts parts_;
  const Kind kind_;
  const std::string name_;
  std::array<Entry, 2 * (forms - 1)> rings_;
  struct Following {
    std::size_t ring;
    Shape shape;
  };
  std::map<hub::Follower, Following, ByName> followers_;
  std::string scratch_;
};

}  // namespace feeds
