// Host: lends this instance's Engine to others over the bus: says every two seconds that it is there, also to the
// Registry, and answers each stream that is opened with a connection of its own to the Engine, for one question of
// those that RequestGuard lets pass.
//
// Thread: the bus' loop. Bounds: streams_max at once, asker_streams_max of one instance, both refused in words; a rate
// for all together (a setting); of each stream one frame on its way to Redis, of all flights_max, and no more than its
// asker gave credit for: nothing piles up anywhere, and the Engine waits.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "bus/bus.hpp"
#include "net/gate.hpp"
#include "net/network.hpp"
#include "tunnel/registry.hpp"
#include "tunnel/request_guard.hpp"
#include "tunnel/wire.hpp"

namespace tunnel {

class HostStream;

class Host final : private bus::Listener {
 public:
  static constexpr std::size_t streams_max = 1024, asker_streams_max = 256;
  static constexpr std::size_t flights_max = 16;  // half a megabyte: what waits for Redis holds up nobody else
  static constexpr net::Duration announce_every = std::chrono::seconds(2);

  struct Settings {
    std::uint64_t bytes_s = 20 << 20;
  };
  struct Parts {
    net::Network& network;
    bus::Bus& bus;
    Registry& registry;
    net::Endpoint engine;
  };
  // `name`: this instance's, nobody else's.
  Host(Parts parts, std::string name, Settings settings);
  ~Host() override;

  // Who the Engine is, and whether it answers. Until it is known who it is, nobody is told of it.
  void on_engine(const std::string& id, bool answers);
  // Somebody wants to know who is there: all who ask in one moment are told together.
  void on_asked();
  // Nobody is to ask it any more; streams that are open are cut, so that another is asked.
  void leave();

  std::size_t streams() const { return streams_.size(); }

 private:
  friend class HostStream;
  void announce();
  void say(Kind kind);
  void say_known();
  void open(const Frame& frame);
  void look();
  void forget(std::uint64_t stream);
  net::Duration wait_for(std::size_t bytes);
  void on_following() override {}
  void on_frame(std::string_view bytes) override;
  void on_lost() override;

  const Parts parts_;
  net::Loop& loop_;
  const std::string name_;
  const Settings settings_;
  std::string engine_;  // its id; empty: not known
  bool answers_ = false, leaving_ = false, asked_ = false;
  net::Instant silent_since_{};
  net::Instant free_at_{};  // when the rate has room again
  net::Gate flights_;       // frames on their way to Redis
  std::map<std::uint64_t, std::unique_ptr<HostStream>> streams_;
  net::Timer announcer_, answerer_, looker_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
  std::unique_ptr<bus::Following> following_;
};

}  // namespace tunnel
