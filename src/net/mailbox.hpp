// Mailbox: a bounded queue from one loop to another, in order, without locks: one producer thread, one consumer loop.
// The consumer is woken at most once per drain (a post), so that a burst costs one wake-up. A producer that was refused
// is told when there is room again: `on_room` runs on the consumer's loop after the drain that made it.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "net/loop.hpp"

namespace net {

template <class T>
class Mailbox {
 public:
  struct Consumer {
    std::function<void(T&)> on_item;
    std::function<void()> on_drained;  // after each drain: the place for work gathered over it
    std::function<void()> on_room;     // a push was refused before, and there is room now
  };

  // Destroy it only when neither side touches it any more; a wake-up still posted is harmless.
  Mailbox(Loop& consumer_loop, std::size_t capacity, Consumer consumer)
      : loop_(consumer_loop),
        slots_(std::bit_ceil(capacity)),
        consumer_(std::move(consumer)),
        self_(std::make_shared<Mailbox*>(this)) {}
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // Producer only. Takes `item` and returns true, or leaves it alone and returns false: full.
  bool push(T& item) {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_.load(std::memory_order_acquire) == slots_.size()) {
      refused_.store(true);
      // The consumer may have drained in between, without seeing that somebody waits.
      if (tail - head_.load() == slots_.size()) return false;
      // It stays said: an item refused before may wait for it. To be told of room once too often costs nothing.
    }
    slots_[tail & (slots_.size() - 1)] = std::move(item);
    tail_.store(tail + 1);
    if (!awake_.exchange(true)) {
      loop_.post([self = std::weak_ptr<Mailbox*>(self_)] {
        if (const auto alive = self.lock()) (*alive)->drain();
      });
    }
    return true;
  }

 private:
  void drain() {
    awake_.store(false);  // before looking: a push after the look posts again
    std::size_t head = head_.load(std::memory_order_relaxed);
    for (const std::size_t tail = tail_.load(); head != tail; ++head) {
      T item = std::move(slots_[head & (slots_.size() - 1)]);
      head_.store(head + 1);
      consumer_.on_item(item);
    }
    consumer_.on_drained();
    if (refused_.exchange(false)) consumer_.on_room();
  }

  Loop& loop_;
  std::vector<T> slots_;
  Consumer consumer_;
  std::shared_ptr<Mailbox*> self_;
  alignas(64) std::atomic<std::size_t> head_ = 0;  // next to take
  alignas(64) std::atomic<std::size_t> tail_ = 0;  // next to fill
  std::atomic<bool> awake_ = false;
  std::atomic<bool> refused_ = false;
};

}  // namespace net
