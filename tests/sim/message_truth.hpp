// MessageTruth: everything that a simulated Redis ever stored on one application channel, as a tree of epochs: where a
// data set that has lost something goes on in a new one, the old one stays here. It is looked up in the store and not
// asked of the product: what positions and recovery come to is said a second time here. Thread: the world's.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "messages/message.hpp"
#include "messages/state.hpp"
#include "sim/sim_redis_store.hpp"

namespace sim {

class MessageTruth {
 public:
  using Position = messages::Position;
  using Offset = std::uint64_t;

  // `kept`: so many of the newest messages are shown.
  MessageTruth(SimRedisStore& store, const std::string& channel, std::uint64_t kept);

  // After each script: what it stored and opened. A sentence where that breaks a promise.
  std::string look();
  // What happened to the data set, once it has.
  void flush();
  void fork() { forked_ = now_; }
  void fail_over();

  // How often the data set was another one.
  std::uint64_t changes() const { return changes_; }
  std::size_t epochs() const { return epochs_.size(); }
  // The end of the data set; nothing: nobody has used the channel yet.
  std::optional<Position> top() const;
  // Where each message is or was, by its data.
  const std::vector<Position>& places_of(const std::string& data) const;
  const messages::Message* message_at(const Position& at) const;

  // It names a place that is, or was, in some data set.
  bool knows(const Position& at) const;
  // The end of an epoch and the beginning of the next are one place: by its oldest name.
  Position place(Position at) const;
  // Until which offset both have seen the same; nothing: nothing at all.
  std::optional<Offset> common(const Position& a, const Position& b) const;
  // Whether `at` lies in the data set that there is.
  bool has(const Position& at) const;
  // Once this message was there, and shown no more.
  bool was_gone(const Position& at) const;
  // Who stands in the epoch `by` can tell what this one is; nothing: so many data sets lie between that it depends.
  std::optional<bool> remembers(std::uint64_t by, std::uint64_t epoch) const;

  // What a position comes to in the data set that there is.
  struct Outlook {
    enum class Kind : std::uint8_t { full, trimmed, failover, recreated };
    Kind kind = Kind::full;
    Offset to = 0;  // of trimmed and failover: it goes on behind that
    bool sure = true;
  };
  Outlook outlook(const Position& at) const;

 private:
  struct Epoch {
    std::optional<std::uint64_t> parent;
    Offset start = 0;
    std::vector<messages::Message> messages;  // behind start
    Offset top() const { return start + messages.size(); }
  };
  struct DataSet {
    std::optional<std::uint64_t> epoch;
    Offset top = 0;
  };
  std::string open(std::uint64_t epoch, Offset at);
  std::string store(Offset offset);
  // The epoch of the chain that ends in `epoch` in which `offset` was given.
  std::uint64_t epoch_of(std::uint64_t epoch, Offset offset) const;
  bool has(const DataSet& set, const Position& at) const;
  void change();

  SimRedisStore& store_;
  const std::string stream_, meta_;
  const std::uint64_t kept_;
  std::map<std::uint64_t, Epoch> epochs_;
  std::map<std::string, std::vector<Position>> places_;
  DataSet now_, forked_;
  std::vector<DataSet> before_;  // as they ended
  std::uint64_t changes_ = 0;
};

}  // namespace sim
