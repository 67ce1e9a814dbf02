// MessagePassage: somebody on the way from where it stands in an application channel to the end of its ring: who comes
// with a position, who fell out of the ring, and who came before the channel was read. Owner and thread: MessageFeed's.
#pragma once

#include <optional>

#include "feeds/follow.hpp"
#include "feeds/live_channel.hpp"
#include "messages/store.hpp"
#include "net/signal.hpp"

namespace feeds {

class MessageFeed;

class MessagePassage {
 public:
  // `at`: where it stands; nothing: it wants what comes. `told`: it is subscribed, and was attached before.
  MessagePassage(MessageFeed& feed, Follow follow, std::optional<messages::Position> at, bool told);

  void start();
  void wake() { wake_.notify(); }
  void on_drained(std::size_t bytes);
  // Who came and left, if it is subscribed by now. How many bytes that is.
  std::size_t tell(const std::vector<LiveChannel::Told>& news);
  const std::optional<messages::Position>& at() const { return at_; }
  bool told() const { return told_; }
  bool over() const { return over_; }

 private:
  net::Task<void> pass();
  net::Task<base::Result<messages::Page>> read();
  bool arrive();
  void take(const messages::Page& page);
  void answer(const messages::Recovery& recovery);
  void refuse(const base::Error& error);

  MessageFeed& feed_;
  const Follow follow_;
  std::optional<messages::Position> at_;
  bool told_;
  bool over_ = false;
  std::size_t in_flight_ = 0;  // bytes that its socket was given and has not taken
  net::Instant begun_;
  net::Timer patience_;
  net::Signal wake_;
  net::Job job_;
};

}  // namespace feeds
