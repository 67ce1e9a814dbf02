// MessageFeed: one application channel on this instance. The store is the truth, the bus is fast:
//
//   deaf ──the bus stands──▶ reading ──at the store's end──▶ settled ──the next message──▶ settled
//                               ▲ deaf, a message that is not the next, a tip beyond, another epoch │
//                               └────────────────────────────────────────────────────────────────┘
//
// Whoever follows stands at a ring's end, or in a passage towards it: from the position that it came with through the
// store's pages, at the pace of its socket, and then through the messages that are remembered here. Nothing is told
// twice, and what is missing is told as a `gap` (messages::recover).
//
// Owner and thread: MessageFeeds, control loop. Bounds: the rings', `remembered_bytes`, `held_bytes_max` of what came
// while the store was being read, 64 KiB on its way to each that is in a passage.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "bus/bus.hpp"
#include "feeds/live_channel.hpp"
#include "feeds/loss_counts.hpp"
#include "feeds/message_passage.hpp"
#include "feeds/presence_watch.hpp"
#include "feeds/recent_messages.hpp"
#include "messages/store.hpp"
#include "net/gate.hpp"

namespace feeds {

class MessageFeed final : private bus::Listener {
 public:
  struct Counts {  // since the start, of all channels
    std::uint64_t reads = 0, undecodable = 0;
    LossCounts losses;
  };
  struct Parts {
    net::Loop& loop;
    bus::Bus& bus;
    messages::Store& store;
    net::Gate& reads;  // of the store
    LiveChannel::Parts live;
    Counts& counts;
    std::string instance;
    std::size_t presence_max;                              // members that are named
    std::function<void(const hub::Follower&)> on_refused;  // it follows nothing any more; not inside a call
  };
  MessageFeed(Parts parts, std::string channel, messages::Limits limits);
  MessageFeed(const MessageFeed&) = delete;

  // One that follows already begins anew where it says from where, else it goes on.
  void follow(const Follow& follow);
  void unfollow(const hub::Follower& follower);
  void on_behind(const hub::Follower& follower, const messages::Position& at);
  // What is kept nowhere, to those who are here. `data`: JSON in one line.
  void say(const std::string& data);
  void on_drained(const hub::Follower& follower, std::size_t bytes);

  // Who is here: what this instance says of itself.
  PresenceReply members(const PresenceQuestion& question) const;
  bool watched() const;
  // Who was found to have come or gone, to those who watch.
  void look(const std::vector<PresenceReply>& replies);
  std::map<std::string, std::uint64_t> known_members() const { return watch_.known(); }

  // Reads the store where it did not for long, so that it knows the channel to be in use.
  void touch();

  bool followed() const { return live_.followed() || !passages_.empty(); }
  std::size_t followers() const override { return live_.followers() + passages_.size(); }
  const LiveChannel& live() const { return live_; }

 private:
  friend class MessagePassage;

  void on_following() override;
  void on_frame(std::string_view frame) override;
  void on_lost() override;

  bool settled() const { return at_ && !deaf_ && !must_read_ && !reads_; }
  void must_read();
  net::Task<void> read_on();
  net::Task<base::Result<messages::Page>> read_page();
  void take(const messages::Page& page);
  void take_held();
  void tell(const messages::Message& message);
  void pass_on(const messages::Message& message);
  LiveChannel::Told told(const messages::Message& message) const;
  LiveChannel::Told gap(const messages::Recovery& lost, Form form) const;
  messages::State local_state() const;
  void wake_passages();
  void begin_passage(const Follow& follow, std::optional<messages::Position> at, bool told);
  void sweep();
  void refuse_slow(const hub::Follower& follower);

  Parts parts_;
  const messages::Limits limits_;
  LiveChannel live_;
  RecentMessages recent_;
  std::optional<messages::Position> at_;  // where the rings end; nothing: the store was not read yet
  messages::State state_;                 // as it was read last
  bool deaf_ = true, must_read_ = true;
  std::optional<base::Error> failure_;  // of the last read
  net::Instant read_at_{};              // the last that succeeded
  std::deque<messages::Message> held_;  // came out of order
  std::size_t held_bytes_ = 0;          // of those that were put there since it was looked through
  std::map<hub::Follower, std::unique_ptr<MessagePassage>, ByName> passages_;
  std::map<hub::Follower, Who, ByName> members_;
  std::map<hub::Follower, std::size_t, ByName> unread_;  // bytes of joins and leaves that a watcher has not taken
  std::uint64_t members_version_;                        // another one with each change
  PresenceWatch watch_;
  net::Job reading_;
  bool reads_ = false;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
  std::unique_ptr<bus::Following> following_;
};

}  // namespace feeds
