// TimerWheel: one deadline for each of very many small ids (session slots), coarse, cheap to put off: twelve bytes an
// id, no allocation but growth, O(1) to arm and disarm. Its owner calls advance() once a tick, by one timer of the
// loop.
//
// A bucket for each tick of one round is a ring of ids through their sentinel; a deadline more than a round away stays
// in its bucket until its own tick has come. Never early, late by up to one tick. Thread: its owner's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/check.hpp"
#include "net/loop.hpp"

namespace net {

class TimerWheel {
 public:
  static constexpr std::uint32_t buckets = 512;

  TimerWheel(Duration tick, Instant start) : tick_(tick), start_(start), nodes_(first) {
    for (std::uint32_t i = 0; i < first; ++i) nodes_[i] = {i, i, 0};
  }

  Duration tick() const { return tick_; }
  std::size_t armed() const { return armed_; }

  // Instead of what was set for `id` before. What is due already comes with the next advance().
  void arm(std::uint32_t id, Instant at) {
    const std::uint32_t node = first + id;
    while (nodes_.size() <= node) nodes_.push_back({idle, idle, 0});
    if (nodes_[node].next == idle) {
      ++armed_;
    } else {
      unlink(node);
    }
    nodes_[node].tick = std::max(tick_from(at + tick_ - Duration(1)), reached_ + 1);
    link(node, nodes_[node].tick % buckets);
  }
  void disarm(std::uint32_t id) {
    const std::uint32_t node = first + id;
    if (node >= nodes_.size() || nodes_[node].next == idle) return;
    unlink(node);
    nodes_[node].next = idle;
    --armed_;
  }

  // Calls `due(id)` for each that is; it may arm and disarm any.
  template <class Due>
  void advance(Instant now, Due&& due) {
    const std::uint32_t until = tick_from(now);
    if (until <= reached_) return;
    const std::uint32_t turns = std::min(until - reached_, buckets);
    const std::uint32_t from = reached_;
    reached_ = until;
    for (std::uint32_t i = 1; i <= turns; ++i) gather((from + i) % buckets);
    while (nodes_[gathered].next != gathered) {
      const std::uint32_t id = nodes_[gathered].next - first;
      disarm(id);
      due(id);
    }
  }

 private:
  struct Node {
    std::uint32_t next, previous;
    std::uint32_t tick;
  };
  static constexpr std::uint32_t gathered = buckets;   // the ring of those that are due
  static constexpr std::uint32_t first = buckets + 1;  // nodes before it are the rings' sentinels
  static constexpr std::uint32_t idle = ~std::uint32_t{0};

  std::uint32_t tick_from(Instant at) const {
    return at <= start_ ? 0 : static_cast<std::uint32_t>((at - start_) / tick_);  // 34 years of 250 ms
  }
  void link(std::uint32_t node, std::uint32_t ring) {
    const std::uint32_t last = nodes_[ring].previous;
    nodes_[node].previous = last;
    nodes_[node].next = ring;
    nodes_[last].next = node;
    nodes_[ring].previous = node;
  }
  void unlink(std::uint32_t node) {
    nodes_[nodes_[node].previous].next = nodes_[node].next;
    nodes_[nodes_[node].next].previous = nodes_[node].previous;
  }
  void gather(std::uint32_t bucket) {
    for (std::uint32_t node = nodes_[bucket].next; node != bucket;) {
      const std::uint32_t next = nodes_[node].next;
      if (nodes_[node].tick <= reached_) {
        unlink(node);
        link(node, gathered);
      }
      node = next;
    }
  }

  Duration tick_;
  Instant start_;
  std::uint32_t reached_ = 0;
  std::size_t armed_ = 0;
  std::vector<Node> nodes_;
};

}  // namespace net
