// Messaging: everything of an instance that people and other back-ends say to each other: application and plain
// channels, mail to sessions and users, broadcasts. Thread: the control loop. What it is given outlives it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/control_loop.hpp"
#include "app/cluster.hpp"

namespace app {

class Messaging {
 public:
  struct Parts {
    net::Loop& loop;
    hub::Hub& hub;
    std::vector<feeds::Followers*> followers;  // by serving loop
    Cluster& cluster;
    api::ControlLoop& control;
    std::string name;  // this process' alone
  };
  Messaging(const Parts& parts, const Settings& settings);
  Messaging(const Messaging&) = delete;

  struct Facts {
    api::Broadcasts::Counts broadcasts;
    std::size_t kept = 0, plain = 0;  // channels that are followed here
    std::uint64_t undecodable = 0;    // messages on the bus
    feeds::LossCounts losses;
  };
  Facts facts() const;

 private:
  messages::Mail mail_;
  feeds::MessageFeeds kept_;
  feeds::PlainChannels plain_;
  std::optional<api::Broadcasts> broadcasts_;  // none: they are not listened to
};

}  // namespace app
