// Subscriber: pub/sub channels over a few connections of their own, spread by name, so that a channel that runs over
// (Redis cuts a subscriber 32 MB behind) takes only its lane along. Knows for each channel whether its subscription was
// acknowledged, and subscribes again after a cut, most followed first. Thread: its loop's.
//
// Bounds: at most `names_per_tick` subscriptions asked for per tick; a connection silent for `silence_max`, our own
// pings' answers included, is dead. Nothing is called inside subscribe() and unsubscribe(); the Subscriber is not
// destroyed inside a call.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "redis/link.hpp"

namespace redis {

class Subscriber {
 public:
  struct Settings {
    std::size_t lanes = 2;
    std::size_t names_per_tick = 200;
    net::Duration tick = std::chrono::milliseconds(50);
    net::Duration ping_every = std::chrono::seconds(1);
    net::Duration silence_max = std::chrono::seconds(4);
  };
  class Handler {
   public:
    virtual ~Handler() = default;
    virtual void on_subscribed(std::string_view channel) = 0;  // what is published from now on arrives, until on_cut
    virtual void on_message(std::string_view channel, std::string_view payload) = 0;  // only between these two
    virtual void on_cut(std::string_view channel) = 0;
    virtual void on_lanes_changed() = 0;  // connected() may have changed; the cuts were told before
    // Asked after a cut: what more wait for is subscribed again before the others.
    virtual std::size_t followers(std::string_view) const { return 0; }
  };

  Subscriber(net::Network& network, const Address& address, Handler& handler)
      : Subscriber(network, address, handler, Settings{}) {}
  Subscriber(net::Network& network, const Address& address, Handler& handler, Settings settings);
  ~Subscriber();

  void subscribe(std::string_view channel);  // once, until unsubscribe()
  void unsubscribe(std::string_view channel);

  bool connected() const;  // all lanes are
  std::string reason() const;
  std::size_t lanes() const { return lanes_.size(); }
  std::size_t lane_of(std::string_view channel) const;
  void drop(std::size_t lane, base::Error why);  // it is dialled again, its channels are cut and subscribed again
  std::uint64_t dials() const;

 private:
  class Lane;
  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace redis
