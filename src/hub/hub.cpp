#include "hub/hub.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace hub {

std::uint32_t Hub::add_loop(Mailbox& mailbox) {
  CHECK(rings_.empty());
  ports_.emplace_back(mailbox);
  return static_cast<std::uint32_t>(ports_.size() - 1);
}

RingNumber Hub::open_ring(const Place& start, Manner manner) {
  CHECK(manner.group < groups_max);
  const RingNumber number = next_ring_++;
  const std::size_t bytes_max = manner.latest_wins ? 1 : ring_bytes_max_;  // the last one stays, however long it is
  rings_.emplace(number, Entry{Ring(bytes_max, start), std::vector<Side>(ports_.size()), manner});
  return number;
}

void Hub::close_ring(RingNumber ring) {
  for (const Side& side : rings_.at(ring).sides) CHECK(side.followers == 0);
  rings_.erase(ring);
}

void Hub::publish(RingNumber number, const Ring::Content& content, const Place& after) {
  Entry& entry = rings_.at(number);
  entry.ring.append(content, after);
  for (std::uint32_t loop = 0; loop < ports_.size(); ++loop) {
    if (entry.sides[loop].followers == 0) continue;
    auto& late = ports_[loop].late;
    const bool waits = std::find(late.begin(), late.end(), number) != late.end();
    const bool in_order = !waits && ports_[loop].orders.empty();
    if (!waits && !(in_order && push_ring(loop, number, entry))) late.push_back(number);
  }
}

// Gives the loop what the ring has for it, at most up to `up_to`; false when the mailbox is full.
bool Hub::push_ring(std::uint32_t loop, RingNumber number, Entry& entry, std::uint64_t up_to) {
  Side& side = entry.sides[loop];
  const Ring& ring = entry.ring;
  if (side.pushed < ring.oldest()) {  // the loop was late for longer than the ring reaches back
    const std::uint64_t next = ring.oldest();
    Item skip;
    skip.call = [number, next, place = ring.before(next)](Fanout& fanout) { fanout.skip(number, next, place); };
    if (!ports_[loop].mailbox.push(skip)) return false;
    side.pushed = next;
  }
  for (up_to = std::min(up_to, ring.next()); side.pushed < up_to; ++side.pushed) {
    Item item{ring.at(side.pushed), number, ring.oldest(), {}};
    item.oldest = std::min(item.oldest, side.pushed);  // its own trimming comes with the later ones
    if (!ports_[loop].mailbox.push(item)) return false;
  }
  return true;
}

bool Hub::push_order(std::uint32_t loop, Order& order) {
  const auto found = rings_.find(order.ring);
  if (order.ring != 0 && !order.opens) {
    if (found == rings_.end()) return true;  // nobody follows a closed ring any more
    if (!push_ring(loop, order.ring, found->second, order.up_to)) return false;
  }
  if (!ports_[loop].mailbox.push(order.item)) return false;
  // Not before: what waits ahead of it is for the mirror that is to be closed.
  if (order.opens && found != rings_.end()) found->second.sides[loop].pushed = order.up_to;
  return true;
}

void Hub::give(std::uint32_t loop, Order order) {
  auto& waiting = ports_[loop].orders;
  if (!waiting.empty() || !push_order(loop, order)) waiting.push_back(std::move(order));
}

void Hub::on_room(std::uint32_t loop) {
  Port& port = ports_[loop];
  for (; !port.orders.empty(); port.orders.pop_front())
    if (!push_order(loop, port.orders.front())) return;
  while (!port.late.empty()) {
    const RingNumber number = port.late.back();
    const auto found = rings_.find(number);
    const bool wanted = found != rings_.end() && found->second.sides[loop].followers > 0;
    if (wanted && !push_ring(loop, number, found->second)) return;
    port.late.pop_back();
  }
}

void Hub::mirror(RingNumber number, std::uint32_t loop) {
  Entry& entry = rings_.at(number);
  Side& side = entry.sides[loop];
  if (side.followers++ > 0) return;
  const std::uint64_t oldest = entry.ring.oldest();
  Order order{number, oldest, true, {}};
  order.item.call = [number, oldest, place = entry.ring.before(oldest), manner = entry.manner](Fanout& fanout) {
    fanout.open_mirror(number, oldest, place, manner);
  };
  give(loop, std::move(order));
  if (!ports_[loop].orders.empty() || !push_ring(loop, number, entry)) ports_[loop].late.push_back(number);
}

void Hub::unmirror(RingNumber number, std::uint32_t loop) {
  Side& side = rings_.at(number).sides[loop];
  CHECK(side.followers > 0);
  if (--side.followers > 0) return;
  Order order;
  order.item.call = [number](Fanout& fanout) { fanout.close_mirror(number); };
  give(loop, std::move(order));
}

bool Hub::attach(const Follower& follower, RingNumber number, std::uint64_t sequence) {
  const Ring& ring = rings_.at(number).ring;
  if (sequence < ring.oldest()) return false;
  Order order{number, sequence, false, {}};
  order.item.call = [number, sequence, place = ring.before(sequence), name = follower.name](Fanout& fanout) {
    fanout.attach(name, {number, sequence, place});
  };
  give(follower.loop, std::move(order));
  return true;
}

void Hub::replay(const Follower& follower, Fanout::Replay history) {
  Order order;
  order.item.call = [name = follower.name, history = std::move(history)](Fanout& fanout) {
    fanout.replay(name, history);
  };
  give(follower.loop, std::move(order));
}

void Hub::call(std::uint32_t loop, base::Callback<void(Fanout&)> call) {
  Order order;
  order.item.call = std::move(call);
  give(loop, std::move(order));
}

}  // namespace hub
