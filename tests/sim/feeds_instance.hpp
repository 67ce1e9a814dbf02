// FeedsInstance: what of an instance is around its feeds, on a host of the simulated net: an Engine ("docker"), a bus
// and a lease (of the simulated Redis at "redis", or of one process), a hub with one serving loop, and followers, whose
// slots are their names. Thread: the test's.
#pragma once

#include <boost/json.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "app/engine_link.hpp"
#include "bus/bus.hpp"
#include "hub/test_sockets.hpp"
#include "lease/lease.hpp"
#include "net/sim_host.hpp"
#include "net/sim_network.hpp"
#include "net/sim_world.hpp"
#include "redis/client.hpp"

namespace sim {

class FeedsInstance : public feeds::Followers, public hub::FanoutObserver {
 public:
  FeedsInstance(net::SimWorld& world, const std::string& host, bool redis, feeds::Settings settings = {});
  ~FeedsInstance() override;

  // Made anew, as after a restart.
  void start();
  feeds::Feeds& feeds() { return *link_->feeds(); }

  std::uint32_t follow(feeds::Source source, const std::string& container = {}, const std::string& since = {});
  std::uint32_t follow(feeds::Follow follow);
  void ask(const feeds::Follow& follow);
  void unfollow(std::uint32_t slot) { unfollow(follows_[slot].follower); }
  void unfollow(const hub::Follower& follower);
  // Everything that it was sent since it was asked last.
  std::vector<boost::json::object> heard(std::uint32_t slot);
  // In short: "die", "source_down", "changed exited", "list 2", "stats".
  std::vector<std::string> said(std::uint32_t slot);
  static std::string text(const boost::json::value& value) { return std::string(value.as_string()); }
  static std::string in_short(const boost::json::object& message);

  void on_subscribed(const hub::FollowerName& name, const feeds::Subscribed& subscribed) override;
  void on_refused(const hub::FollowerName& name, const base::Error& error) override;
  void on_ended(const hub::FollowerName& name) override;
  void on_behind(const hub::FollowerName& name, const hub::Joint& joint) override;
  void on_drained(const hub::FollowerName&, std::size_t) override {}
  void on_broken(std::uint32_t) override {}

  net::SimWorld& of_;
  net::SimNetwork near_;
  docker::Client client_{near_, {{}, "docker", 2375}};
  std::unique_ptr<redis::Client> commands_;
  std::unique_ptr<bus::Bus> bus_;
  std::unique_ptr<lease::Lease> lease_;
  const feeds::Settings settings_;
  hub::TestSockets sockets_;
  hub::Fanout fanout_{near_.loop(), sockets_};
  hub::Hub hub_;  // small rings where it is alone
  hub::Mailbox mailbox_{near_.loop(),
                        64,
                        {[this](hub::Item& item) { item.apply(fanout_); }, [this] { fanout_.flush(); },
                         [this] { near_.loop().post([this] { hub_.on_room(0); }); }}};
  feeds::Overview overview_;
  std::optional<app::EngineLink> link_;
  std::map<std::uint32_t, feeds::Subscribed> subscribed_;
  std::map<std::uint32_t, base::Fault> refused_;
  std::set<std::uint32_t> ended_;
  std::map<std::uint32_t, feeds::Follow> follows_;  // as they were asked for
  std::uint32_t slots_ = 0;
};

}  // namespace sim
