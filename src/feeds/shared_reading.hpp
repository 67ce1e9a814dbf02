// SharedReading: something of the Engine that one instance reads for all who want it: the holder of a lease reads and
// publishes on the bus channel of the same name, the others hear it. Whose turn it is says ReaderTurn; what is read and
// what the messages mean is the Listener's. With an embedded bus whoever wants it reads it, and nothing is published.
//
// Owner and thread: the Listener's, control loop. Bounds: nothing is kept. Not here: what makes a lost message good.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "bus/bus.hpp"
#include "docker/client.hpp"
#include "feeds/reader_turn.hpp"
#include "feeds/shared_frame.hpp"
#include "net/signal.hpp"

namespace feeds {

// Frames that could not be used, since the start.
struct BusCounts {
  std::uint64_t version = 0, malformed = 0;
  void add(Undecodable why) { ++(why == Undecodable::version ? version : malformed); }
};

class SharedReading final : private bus::Listener {
 public:
  struct Parts {
    docker::Client& engine;
    bus::Bus& bus;
    lease::Lease& lease;
    BusCounts& counts;
    net::Duration lease_ttl;
  };
  class Listener {
   public:
    virtual ~Listener() = default;
    // Read now; or read no more, another does. Also from within want().
    virtual void on_turn(bool reads) = 0;
    // While another reads: its message or beat.
    virtual void on_heard(const SharedFrame& frame) = 0;
    // While we read for others: what one of them asks.
    virtual void on_wish(std::string_view) {}
    // While another reads, or none yet: what is published from now on arrives; and then, something may have been
    // missed.
    virtual void on_hearing() {}
    virtual void on_deaf() {}
  };

  SharedReading(Parts parts, std::string name, Listener& listener);
  ~SharedReading() override;

  // Whether it is to be read or heard here.
  void want(bool wanted);
  bool reading() const { return told_; }
  bool owning() const { return turn_.role() == ReaderTurn::Role::owning; }
  net::Duration beat() const { return turn_.beat(); }

  // To all others, while we read for them.
  void publish(std::string_view body);
  // To the one who reads.
  void wish(std::string_view body);
  // Part of every frame of ours; said at once when it changes.
  void set_engine_answers(bool answers);

  void on_bus_state();
  // Gives it to another, if there is one, who begins at once.
  void yield();
  // Wants it no more, and has given the lease away when this ends.
  net::Task<void> hand_over();

 private:
  void on_following() override;
  void on_frame(std::string_view bytes) override;
  void on_lost() override;

  bool embedded() const { return parts_.bus.state() == bus::State::embedded; }
  bool bus_up() const { return parts_.bus.state() != bus::State::down; }
  net::Task<void> run();
  net::Task<void> act(ReaderTurn::Do what);
  net::Task<void> ask(bool seize);
  void tell();
  void send(SharedFrame::Kind kind, std::string_view body);

  const Parts parts_;
  net::Loop& loop_;
  const std::string name_;
  Listener& listener_;
  const std::uint64_t sender_;
  ReaderTurn turn_;
  bool told_ = false;  // that it is our turn
  bool engine_answers_ = true;
  std::uint64_t sequence_ = 0;
  bool resting_ = false;  // run() waits for something to happen
  net::Signal changed_;
  std::unique_ptr<bus::Following> following_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
  net::Job job_;
};

}  // namespace feeds
