// Hub: the rings of this instance and the way from them to the serving loops.
//
// Owner and thread: the control loop. To each serving loop leads one bounded mailbox, in which publications and orders
// (attach, replay, calls) keep their order. The control loop never waits for a full mailbox: orders stay in a queue
// here, publications in their ring; both go on when the loop has drained. A loop that was so late that the ring has
// moved on skips, and its followers are behind. Bounds: ring bytes (a setting), mailbox capacity; waiting orders are
// bounded by what followers may have in flight. Not here: Docker, the bus, who may follow what. What the hub needs from
// above it asks through Demand.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/callback.hpp"
#include "hub/fanout.hpp"
#include "hub/ring.hpp"
#include "net/mailbox.hpp"

namespace hub {

// A follower anywhere on this instance.
struct Follower {
  std::uint32_t loop = 0;
  FollowerName name;
  bool operator==(const Follower&) const = default;
};

// What the hub asks of the one who feeds the channels.
class Demand {
 public:
  virtual ~Demand() = default;
  // It fell out of its ring, and waits for its history and a new attach.
  virtual void on_behind(const Follower& follower, const Joint& joint) = 0;
  // So many bytes of its replayed history have been taken by its socket.
  virtual void on_drained(const Follower& follower, std::size_t bytes) = 0;
};

// What travels to a serving loop: a publication, or a call on its fan-out.
struct Item {
  PublicationRef publication;
  RingNumber ring = 0;
  std::uint64_t oldest = 0;
  base::Callback<void(Fanout&)> call;

  void apply(Fanout& fanout) {
    if (publication) {
      fanout.publish(ring, std::move(publication), oldest);
    } else {
      call(fanout);
    }
  }
};
using Mailbox = net::Mailbox<Item>;

class Hub {
 public:
  explicit Hub(std::size_t ring_bytes_max) : ring_bytes_max_(ring_bytes_max) {}

  // Before the first publication. The mailbox's consumer applies items to the loop's Fanout; its owner calls
  // on_drained(loop) here (posted) whenever a drain has made room.
  std::uint32_t add_loop(Mailbox& mailbox);
  void on_room(std::uint32_t loop);

  RingNumber open_ring(const Place& start, Manner manner = {});
  void close_ring(RingNumber ring);
  const Ring& ring(RingNumber number) const { return rings_.at(number).ring; }
  void publish(RingNumber ring, const Ring::Content& content, const Place& after);

  // A loop mirrors a ring while somebody there is interested: once per follower, from before its history is read.
  void mirror(RingNumber ring, std::uint32_t loop);
  void unmirror(RingNumber ring, std::uint32_t loop);

  // False when the ring has moved past `sequence`: read more history first.
  bool attach(const Follower& follower, RingNumber ring, std::uint64_t sequence);
  void replay(const Follower& follower, Fanout::Replay history);
  // Any call on the loop's thread, in order with everything else that goes there.
  void call(std::uint32_t loop, base::Callback<void(Fanout&)> call);

 private:
  struct Side {  // one ring's state towards one loop
    std::uint32_t followers = 0;
    std::uint64_t pushed = 0;  // the next sequence the loop has not been given
  };
  struct Entry {
    Ring ring;
    std::vector<Side> sides;  // by loop
    Manner manner;
  };
  struct Order {
    RingNumber ring = 0;  // 0: none; else what the loop must have been given before
    std::uint64_t up_to = 0;
    bool opens = false;  // the loop's mirror of the ring, from `up_to` on
    Item item;
  };
  struct Port {
    explicit Port(Mailbox& to) : mailbox(to) {}
    Mailbox& mailbox;
    std::deque<Order> orders;      // waiting for room
    std::vector<RingNumber> late;  // rings with publications waiting for room
  };

  void give(std::uint32_t loop, Order order);
  bool push_order(std::uint32_t loop, Order& order);
  bool push_ring(std::uint32_t loop, RingNumber number, Entry& entry, std::uint64_t up_to = UINT64_MAX);

  const std::size_t ring_bytes_max_;
  std::unordered_map<RingNumber, Entry> rings_;
  RingNumber next_ring_ = 1;
  std::deque<Port> ports_;  // by loop
};

}  // namespace hub
