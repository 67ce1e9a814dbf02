#include "feeds/plain_channels.hpp"

#include "feeds/message_text.hpp"

namespace feeds {

void PlainChannels::follow(const Follow& follow) {
  auto& channel = channels_[follow.container];
  if (!channel) {
    const LiveChannel::Parts parts{hub_, framer_, followers_, outages_};
    channel = std::make_unique<LiveChannel>(parts, LiveChannel::Kind{Source::plain}, follow.container);
    if (channels_.size() > channels_max_) {
      channel->refuse(follow.follower,
                      {base::Fault::unavailable, "This instance has no room for more plain channels."});
      channels_.erase(follow.container);
      return;
    }
  }
  followed_.insert_or_assign(follow.follower, channel.get());
  channel->join(follow.follower, follow.shape, {}, {});
}

void PlainChannels::unfollow(const hub::Follower& follower) {
  const auto found = followed_.find(follower);
  if (found == followed_.end()) return;
  LiveChannel& channel = *found->second;
  followed_.erase(found);
  channel.leave(follower);
  if (!channel.followed()) channels_.erase(std::string(channel.name()));
}

void PlainChannels::on_behind(const hub::Follower& follower) {
  if (const auto found = followed_.find(follower); found != followed_.end()) found->second->rejoin(follower);
}

void PlainChannels::say(const std::string& channel, const std::string& data) {
  const auto found = channels_.find(channel);
  if (found != channels_.end()) found->second->publish(LiveChannel::Told{unkept_text(channel, data), {}, data});
}

std::vector<const LiveChannel*> PlainChannels::channels() const {
  std::vector<const LiveChannel*> all;
  for (const auto& [name, channel] : channels_) all.push_back(channel.get());
  return all;
}

}  // namespace feeds
