// PlainChannels: the channels of this instance that other back-ends feed: live only, without a position. What is said
// on one goes to whoever follows it here. Thread: the control loop. Bounds: the rings'; so many channels.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "feeds/live_channel.hpp"

namespace feeds {

class PlainChannels {
 public:
  PlainChannels(hub::Hub& hub, std::vector<Followers*> followers, std::size_t channels_max)
      : hub_(hub), followers_(std::move(followers)), channels_max_(channels_max) {}

  // Of Source::plain.
  void follow(const Follow& follow);
  void unfollow(const hub::Follower& follower);
  void on_behind(const hub::Follower& follower);
  // `data`: JSON in one line.
  void say(const std::string& channel, const std::string& data);
  std::vector<const LiveChannel*> channels() const;

 private:
  hub::Hub& hub_;
  const std::vector<Followers*> followers_;
  const std::size_t channels_max_;
  ws::Deflater deflater_;
  Framer framer_{deflater_};
  Outages outages_;
  std::map<std::string, std::unique_ptr<LiveChannel>> channels_;
  std::map<hub::Follower, LiveChannel*, ByName> followed_;
};

}  // namespace feeds
