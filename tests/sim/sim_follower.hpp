// SimFollower: a client of dockcast at the level of bytes: upgrades, subscribes in one of the four forms, answers
// pings, reads as fast or as slowly as it was told, gives up a dead connection, and comes back to some instance with
// its positions. A Witness judges each of its subscriptions. Owned by the world; it runs on a host of its own.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/network.hpp"
#include "sim/witness.hpp"
#include "ws/decoder.hpp"

namespace sim {

// What all followers of one world share.
struct Stage {
  std::vector<net::Endpoint> doors;  // of the instances, the dead ones too
  Tally tally;
  std::function<std::int64_t()> settled;                                // Witness::Asking
  std::function<void(const std::string& what)> fail;                    // a broken promise
  std::function<void(const std::string& who, const std::string&)> say;  // into the trace; null: nobody reads it
};

class SimFollower {
 public:
  enum class Door {
    quiet_path,  // /ws/containers/{id}/logs, one `log` a line, without any other word
    path,        // the same with dockcast.v1
    connect,     // /ws, one `connect` with all subscriptions
    subscribe,   // /ws, one `subscribe` each
  };
  enum class Pace { fast, slow, stalling };
  struct Channel {
    LogTruth& truth;
    std::string id;                 // the container's, in full
    std::string asked;              // as it is asked for: id, prefix or name
    std::function<bool()> removed;  // the container is gone, or going
    Witness::Wish wish;
  };
  struct Options {
    std::string name;
    Door door = Door::path;
    bool batches = true;  // on /ws: with dockcast.v1
    Pace pace = Pace::fast;
    std::size_t slow_bytes = 4096;  // at a time
    net::Duration slow_pause = std::chrono::milliseconds(100), stall_max = std::chrono::seconds(20);
    net::Duration patience = std::chrono::seconds(45);  // with a connection that says nothing at all
  };

  SimFollower(net::Network& network, Stage& stage, Options options, const std::vector<Channel>& channels);
  SimFollower(const SimFollower&) = delete;

  // Drops its connection, and comes back at once or later.
  void hang_up();
  // For ever.
  void leave();
  // From now on it reads as fast as it can.
  void hurry() {
    ever_slow_ = options_.pace != Pace::fast;
    options_.pace = Pace::fast;
  }

  const Options& options() const { return options_; }
  bool gone() const { return gone_; }
  // How long it has been subscribed to everything, on one connection; zero: it is not.
  net::Duration going_for() const { return going_since_ ? loop_.now() - *going_since_ : net::Duration(0); }
  // The container, and was not told that it is removed.
  bool follows(const std::string& container) const;
  // The instance that it is connected to.
  const std::optional<net::Endpoint>& door() const { return door_; }
  std::vector<std::unique_ptr<Witness>>& witnesses() { return witnesses_; }
  Witness* witness_of(std::string_view channel);
  // Empty: everything that was to come has come.
  std::string complete();

 private:
  net::Task<void> live();
  net::Task<void> talk();
  net::Task<bool> upgrade();
  net::Task<bool> ask();
  net::Task<bool> read(std::span<char> into, std::size_t& bytes);
  net::Task<bool> take(std::span<char> bytes);
  net::Task<bool> send(ws::Opcode opcode, std::string text);
  net::Task<void> rest();
  void hear(std::string_view text);
  void hear(const Heard& heard);
  void refused(const Heard& heard);
  void closed(std::uint16_t code, std::string_view reason);
  std::string request();
  void ask(Witness& witness);
  std::string wish_json(std::size_t number, const std::string& head) const;
  bool all_removed() const;
  void say(const std::string& text) const;
  void fail(const std::string& text) const;

  net::Network& network_;
  net::Loop& loop_;
  Stage& stage_;
  Options options_;
  std::vector<Channel> channels_;
  std::vector<std::unique_ptr<Witness>> witnesses_;  // by channel
  bool gone_ = false;
  // The connection's:
  std::optional<net::Endpoint> door_;
  std::unique_ptr<net::Stream> stream_;
  ws::Decoder decoder_;
  std::string unread_;  // behind the answer to the upgrade
  bool over_ = false;
  bool connected_said_ = false;
  std::vector<Heard> early_;  // of channels that a `connect` opened, before its answer
  bool ever_slow_ = false;
  std::optional<net::Instant> going_since_;
  net::Duration come_back_after_{};
  net::Duration backoff_{};
  net::Instant next_stall_{};
  net::Timer silence_;
  net::Job job_;
};

}  // namespace sim
