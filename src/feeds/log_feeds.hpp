// LogFeeds: every container log that somebody follows on this instance, one feed each. Thread: the control loop.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "docker/client.hpp"
#include "feeds/log_follow.hpp"

namespace bus {
class Bus;
}
namespace lease {
class Lease;
}

namespace feeds {

struct Settings {
  net::Duration lease_ttl = std::chrono::seconds(10);
  net::Duration linger = std::chrono::seconds(30);
  std::string prefix = "dockcast:";
};

class LogFeed;

class LogFeeds : public hub::Demand {
 public:
  struct Parts {
    net::Loop& loop;
    docker::Client& engine;
    bus::Bus& bus;
    lease::Lease& lease;
    hub::Hub& hub;
    std::vector<Followers*> followers;  // by serving loop
  };
  LogFeeds(Parts parts, Settings settings);
  ~LogFeeds() override;

  // Answers through Followers. A second follow of the same name replaces the first one's options.
  void follow(Follow follow);
  void unfollow(const hub::Follower& follower);
  // Hands all leases over and stops reading; `done` is called once Redis has them, or after a second.
  void drain(std::function<void()> done);
};

}  // namespace feeds
