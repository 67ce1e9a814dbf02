// RedisBus: the bus of a cluster, over Redis pub/sub. It publishes over a connection of its own, so that nobody's
// commands wait behind frames, and listens over a few others. Thread: its loop's. Bounds: Client's and Subscriber's.
//
// A canary a lane (canary.hpp), published and heard by ourselves every second, carries the truth about the whole path:
// a subscription that stands at a server nobody publishes to any more (after a failover) looks well from everywhere
// else. The bus is connected while every lane's canary was heard since its subscription stands. A write goes with it,
// since a replica accepts publications and only its own subscribers hear them.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "bus/canary.hpp"
#include "bus/channels.hpp"
#include "redis/client.hpp"
#include "redis/subscriber.hpp"

namespace bus {

class RedisBus final : public Bus, private redis::Subscriber::Handler, private Channels::Source {
 public:
  struct Settings {
    std::string prefix = "dockcast:";
    std::size_t lanes = 2;
  };
  struct Counts {
    std::uint64_t oversized_in = 0, oversized_out = 0;  // frames over frame_bytes_max, dropped
    std::uint64_t refused = 0;                          // publications that found no room, never sent
    std::uint64_t timed_out = 0;                        // times that Redis did not answer one
    std::size_t pending = 0;                            // publications that wait for Redis' answer now
    std::uint64_t dials = 0;                            // of all connections
    std::uint64_t deaf = 0;                             // lanes given up since they did not hear their canary
  };

  RedisBus(net::Network& network, const redis::Address& address, Settings settings);

  void publish(std::string_view channel, std::string frame, OnPublished on_published) override;
  std::unique_ptr<Following> follow(std::string_view channel, Listener& listener) override;
  State state() const override { return state_; }
  std::string reason() const override;
  Observing on_state(std::function<void(State)> observer) override;

  Counts counts() const;
  // How long ago the slowest lane heard its canary; nullopt: one has not yet, or not since it was cut.
  std::optional<net::Duration> canary_age() const;
  // How long the slowest lane's last canary was on its way; nullopt: as canary_age().
  std::optional<net::Duration> lag() const;
  // The greatest Canary::deaf_in_a_row().
  unsigned deaf_in_a_row() const;

 private:
  struct Lane {
    std::string channel;  // its canary's
    Canary canary;
  };

  void on_subscribed(std::string_view wire) override;
  void on_message(std::string_view wire, std::string_view payload) override;
  void on_cut(std::string_view wire) override;
  void on_lanes_changed() override { update_state(); }
  std::size_t followers(std::string_view wire) const override { return channels_.followers(channel_of(wire)); }
  void on_wanted(const std::string& channel) override;
  void on_unwanted(const std::string& channel) override;

  std::string wire(std::string_view channel) const;
  std::string_view channel_of(std::string_view wire) const;
  Lane* find_lane(std::string_view wire);
  void on_publisher(bool connected);
  void update_state();
  void refuse(std::size_t frame_bytes, OnPublished on_published);
  void sing(std::size_t lane);
  void tick();

  net::Loop& loop_;
  const std::string before_;  // a channel's name on the wire, and after it "}"
  State state_ = State::down;
  Counts counts_;
  std::vector<std::weak_ptr<std::function<void(State)>>> observers_;
  Channels channels_;
  std::set<std::string> foreign_;  // channels of others that are followed
  redis::Client publisher_;
  redis::Subscriber subscriber_;
  std::vector<Lane> lanes_;
  std::string refusal_;  // why Redis did not take the last canary
  int ticks_ = 0;
  net::Instant ticked_;
  net::Timer ticker_;
  std::shared_ptr<RedisBus*> self_;
};

}  // namespace bus
