#include "feeds/message_feeds.hpp"

namespace feeds {
namespace {

constexpr net::Duration linger_time = std::chrono::seconds(5);  // people come back
constexpr std::size_t reads_at_once = 16;

}  // namespace

MessageFeeds::MessageFeeds(Parts parts, Settings settings)
    : parts_(std::move(parts)),
      settings_(std::move(settings)),
      reads_(parts_.loop, reads_at_once),
      publisher_(parts_.loop, parts_.store, parts_.bus) {}

net::Task<base::Result<messages::Published>> MessageFeeds::publish(messages::Publication publication) {
  const messages::Rule& rule = settings_.rules.of(publication.channel);
  if (publication.data.size() > rule.message_bytes) {
    co_return base::Error{base::Fault::too_large, "A message on " + publication.channel + " has at most " +
                                                      std::to_string(rule.message_bytes) + " bytes."};
  }
  publication.limits = rule.limits;
  auto published = co_await publisher_.publish(std::move(publication));
  co_return std::move(published);
}

net::Task<base::Result<messages::Page>> MessageFeeds::read(std::string channel, messages::Range range) {
  const messages::Limits limits = settings_.rules.of(channel).limits;
  auto page = co_await parts_.store.read(std::move(channel), range, limits);
  co_return std::move(page);
}

void MessageFeeds::follow(const Follow& follow) {
  const std::string name = "app:" + follow.container;
  auto found = channels_.find(name);
  if (found == channels_.end()) {
    if (channels_.size() >= settings_.channels_max) {
      const base::Error error{base::Fault::unavailable, "This instance follows " + std::to_string(channels_.size()) +
                                                            " application channels, and more it may not."};
      return parts_.hub.call(follow.follower.loop, [to = parts_.followers[follow.follower.loop],
                                                    who = follow.follower.name,
                                                    error](hub::Fanout&) { to->on_refused(who, error); });
    }
    MessageFeed::Parts parts{parts_.loop,
                             parts_.bus,
                             parts_.store,
                             reads_,
                             {parts_.hub, framer_, parts_.followers, outages_},
                             counts_,
                             [this](const hub::Follower& refused) { unfollow(refused); }};
    auto feed = std::make_unique<MessageFeed>(std::move(parts), name, settings_.rules.of(name).limits);
    found = channels_.emplace(name, Channel{std::move(feed), {}}).first;
  }
  found->second.linger.cancel();
  followed_.insert_or_assign(follow.follower, name);
  found->second.feed->follow(follow);
}

void MessageFeeds::unfollow(const hub::Follower& follower) {
  const auto followed = followed_.find(follower);
  if (followed == followed_.end()) return;
  const auto found = channels_.find(followed->second);
  followed_.erase(followed);
  found->second.feed->unfollow(follower);
  if (found->second.feed->followed()) return;
  found->second.linger = parts_.loop.after(linger_time, [this, name = found->first] { channels_.erase(name); });
}

MessageFeed* MessageFeeds::feed_of(const hub::Follower& follower) const {
  const auto followed = followed_.find(follower);
  return followed == followed_.end() ? nullptr : channels_.at(followed->second).feed.get();
}

void MessageFeeds::on_behind(const hub::Follower& follower, const hub::Place& at) {
  if (MessageFeed* feed = feed_of(follower)) feed->on_behind(follower, at.as<messages::Position>());
}

void MessageFeeds::on_drained(const hub::Follower& follower, std::size_t bytes) {
  if (MessageFeed* feed = feed_of(follower)) feed->on_drained(follower, bytes);
}

std::vector<const LiveChannel*> MessageFeeds::channels() const {
  std::vector<const LiveChannel*> all;
  for (const auto& [name, channel] : channels_) all.push_back(&channel.feed->live());
  return all;
}

}  // namespace feeds
