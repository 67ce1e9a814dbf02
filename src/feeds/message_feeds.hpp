// MessageFeeds: the application channels of this instance that somebody follows. Thread: the control loop.
//
// Bounds: `channels_max`; whoever wants one more is refused. A channel that nobody follows is forgotten after a while.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "feeds/message_feed.hpp"
#include "messages/publisher.hpp"
#include "messages/rules.hpp"

namespace feeds {

class MessageFeeds {
 public:
  struct Parts {
    net::Loop& loop;
    hub::Hub& hub;
    std::vector<Followers*> followers;  // by serving loop
    bus::Bus& bus;
    messages::Store& store;
    std::string instance;  // its name in the cluster
    std::function<net::Task<base::Result<std::vector<std::string>>>(std::string question)> ask;  // all instances
  };
  struct Settings {
    messages::Rules rules;
    std::size_t channels_max = 10'000;
    std::size_t presence_max = 1000;  // members of a channel that are named; more are counted
  };
  MessageFeeds(Parts parts, Settings settings);

  // Errors of Publisher, `too_large`. `publication` has a channel, a publisher and data.
  net::Task<base::Result<messages::Published>> publish(messages::Publication publication);
  net::Task<base::Result<messages::Page>> read(std::string channel, messages::Range range);

  // Of Source::app.
  void follow(const Follow& follow);
  void unfollow(const hub::Follower& follower);
  void on_behind(const hub::Follower& follower, const hub::Place& at);
  void on_drained(const hub::Follower& follower, std::size_t bytes);

  // Who is on it, over all instances.
  net::Task<base::Result<Presence>> presence(std::string channel);
  // What this instance says to another's question about that.
  std::string reply(std::string_view question) const;

  // What is kept nowhere, to those who follow the channel here.
  void say(const std::string& channel, const std::string& data);

  std::vector<const LiveChannel*> channels() const;
  const MessageFeed::Counts& counts() const { return counts_; }

 private:
  struct Channel {
    std::unique_ptr<MessageFeed> feed;
    net::Timer linger;  // when nobody follows
  };
  net::Task<void> watch();
  void begin_look(const std::string& channel);
  net::Task<void> look_at(std::string channel);
  net::Task<base::Result<std::vector<PresenceReply>>> look(PresenceQuestion question);
  MessageFeed* feed_of(const hub::Follower& follower) const;

  Parts parts_;
  const Settings settings_;
  ws::Deflater deflater_;
  Framer framer_{deflater_};
  Outages outages_;
  MessageFeed::Counts counts_;
  net::Gate reads_;
  messages::Publisher publisher_;
  std::map<std::string, Channel> channels_;                // by name
  std::map<hub::Follower, std::string, ByName> followed_;  // the channel of each
  net::Gate asks_;
  std::set<std::string> looking_;  // channels whose presence is being looked at
  net::Jobs looks_;
  net::Job watching_;
};

}  // namespace feeds
