// MessageInstance: what of an instance is around its application channels, on a host of the simulated net: a store and
// a bus (of the simulated Redis at "redis", or of one process), a hub with one serving loop, and followers, whose slots
// are their names. Thread: the test's.
#pragma once

#include <boost/json.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bus/bus.hpp"
#include "feeds/message_feeds.hpp"
#include "hub/test_sockets.hpp"
#include "messages/mail.hpp"
#include "net/sim_host.hpp"
#include "net/sim_network.hpp"
#include "net/sim_world.hpp"
#include "redis/client.hpp"

namespace sim {

class MessageInstance : public feeds::Followers, public hub::FanoutObserver {
 public:
  MessageInstance(net::SimWorld& world, const std::string& host, bool redis, feeds::MessageFeeds::Settings settings,
                  std::size_t ring_bytes = 64 << 10);
  ~MessageInstance() override;

  feeds::MessageFeeds& feeds() { return *feeds_; }
  bus::Bus& bus() { return *bus_; }
  net::Loop& loop() { return near_.loop(); }

  // Of app:{name}; `since` is a position or empty.
  std::uint32_t follow(const std::string& name, const std::string& since = {}, bool watches = false);
  void leave(std::uint32_t slot);
  // Everything that it was sent since it was asked last.
  std::vector<boost::json::object> heard(std::uint32_t slot);
  // How much its socket takes before it is full; and it takes again.
  void stall(std::uint32_t slot) { sockets_.peers[static_cast<int>(slot)].room = 0; }
  void resume(std::uint32_t slot);

  std::map<std::uint32_t, feeds::Subscribed> subscribed;
  std::map<std::uint32_t, base::Error> refused;

 private:
  void on_subscribed(const hub::FollowerName& name, const feeds::Subscribed& answer) override;
  void on_refused(const hub::FollowerName& name, const base::Error& error) override;
  void on_ended(const hub::FollowerName&) override {}
  void on_behind(const hub::FollowerName& name, const hub::Joint& joint) override;
  void on_drained(const hub::FollowerName& name, std::size_t bytes) override;
  void on_broken(std::uint32_t) override {}

  const std::string host_;
  net::SimNetwork near_;
  std::unique_ptr<redis::Client> client_;
  std::unique_ptr<bus::Bus> bus_;
  std::unique_ptr<messages::Store> store_;
  std::unique_ptr<messages::Mail> mail_;
  hub::TestSockets sockets_;
  hub::Fanout fanout_{near_.loop(), sockets_};
  hub::Hub hub_;
  hub::Mailbox mailbox_{near_.loop(),
                        64,
                        {[this](hub::Item& item) { item.apply(fanout_); }, [this] { fanout_.flush(); },
                         [this] { near_.loop().post([this] { hub_.on_room(0); }); }}};
  std::unique_ptr<feeds::MessageFeeds> feeds_;
  std::map<std::uint32_t, hub::Follower> followers_;
  std::uint32_t slots_ = 0;
};

}  // namespace sim
