#include "feeds/message_feeds.hpp"

namespace feeds {
namespace {

constexpr net::Duration linger_time = std::chrono::seconds(5);  // people come back
constexpr std::size_t reads_at_once = 16;
constexpr std::size_t asks_at_once = 16, asks_waiting_max = 1000;
constexpr net::Duration ask_patience = std::chrono::seconds(5);
constexpr net::Duration watch_every = std::chrono::seconds(2);  // who joins and leaves is told that late

}  // namespace

MessageFeeds::MessageFeeds(Parts parts, Settings settings)
    : parts_(std::move(parts)),
      settings_(std::move(settings)),
      reads_(parts_.loop, reads_at_once),
      publisher_(parts_.loop, parts_.store, parts_.bus),
      asks_(parts_.loop, asks_at_once, asks_waiting_max),
      watching_(watch()) {}

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
  const auto place = co_await reads_.enter();
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
      return parts_.hub.call(follow.follower.loop,
                             [to = parts_.followers[follow.follower.loop], who = follow.follower.name,
                              error](hub::Fanout&) { to->on_refused(who, error); });
    }
    MessageFeed::Parts parts{parts_.loop,
                             parts_.bus,
                             parts_.store,
                             reads_,
                             {parts_.hub, framer_, parts_.followers, outages_},
                             counts_,
                             parts_.instance,
                             settings_.presence_max,
                             [this](const hub::Follower& refused) { unfollow(refused); }};
    auto feed = std::make_unique<MessageFeed>(std::move(parts), name, settings_.rules.of(name).limits);
    found = channels_.emplace(name, Channel{std::move(feed), {}}).first;
  }
  found->second.linger.cancel();
  followed_.insert_or_assign(follow.follower, name);
  found->second.feed->follow(follow);
  if (follow.who.watches) begin_look(name);
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

net::Task<base::Result<Presence>> MessageFeeds::presence(std::string channel) {
  PresenceQuestion question;
  question.channel = std::move(channel);
  const auto replies = co_await look(std::move(question));
  if (!replies) co_return replies.error();
  co_return sum(*replies, settings_.presence_max);
}

net::Task<base::Result<std::vector<PresenceReply>>> MessageFeeds::look(PresenceQuestion question) {
  const auto place = co_await asks_.enter_within(ask_patience);
  if (!place) co_return place.error();
  const auto said = co_await parts_.ask(encode(question));
  if (!said) co_return said.error();
  std::vector<PresenceReply> replies;
  for (const std::string& each : *said)
    if (auto reply = decode_reply(each)) replies.push_back(std::move(*reply));
  co_return replies;
}

std::string MessageFeeds::reply(std::string_view text) const {
  const auto question = decode_question(text);
  PresenceReply reply;
  if (question) {
    const auto found = channels_.find(question->channel);
    if (found != channels_.end()) reply = found->second.feed->members(*question);
  }
  reply.instance = parts_.instance;
  return encode(reply);
}

// Channels on which somebody here watches; of one who begins to it is begun at once.
net::Task<void> MessageFeeds::watch() {
  for (;;) {
    co_await parts_.loop.sleep(watch_every);
    for (const auto& [name, channel] : channels_) {
      channel.feed->touch();
      if (channel.feed->watched()) begin_look(name);
    }
  }
}

void MessageFeeds::begin_look(const std::string& channel) {
  if (looking_.insert(channel).second) looks_.start(look_at(channel));
}

net::Task<void> MessageFeeds::look_at(std::string channel) {
  PresenceQuestion question{channel, channels_.at(channel).feed->known_members()};
  const auto replies = co_await look(std::move(question));
  looking_.erase(channel);
  const auto found = channels_.find(channel);
  if (replies && found != channels_.end() && found->second.feed->watched()) found->second.feed->look(*replies);
}

void MessageFeeds::say(const std::string& channel, const std::string& data) {
  if (const auto found = channels_.find(channel); found != channels_.end()) found->second.feed->say(data);
}

std::vector<const LiveChannel*> MessageFeeds::channels() const {
  std::vector<const LiveChannel*> all;
  for (const auto& [name, channel] : channels_) all.push_back(&channel.feed->live());
  return all;
}

}  // namespace feeds
