// TimerQueue: what is due when, ordered by (time, order of adding): an indexed heap, so that taking something back is
// as cheap as adding it. Both nets keep their time in one. Thread: its owner's.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "net/loop.hpp"

namespace net {

template <class Item>
class TimerQueue {
 public:
  struct Due {
    Instant at;
    std::uint64_t id;
    Item item;
  };

  // Ids are never 0 and are not used again for 2³² uses of their slot.
  std::uint64_t add(Instant at, Item item) {
    const std::uint32_t slot = free_slot();
    slots_[slot].item = std::move(item);
    heap_.push_back({at, order_++, slot});
    rise(heap_.size() - 1);
    return id_of(slot);
  }
  // What was kept there; an empty item if it is there no more.
  Item take_back(std::uint64_t id) {
    if (!holds(id)) return Item();
    const auto slot = static_cast<std::uint32_t>(id);
    Item item = std::move(slots_[slot].item);
    erase(slots_[slot].place);
    return item;
  }
  template <class Predicate>
  std::vector<Item> take_back_if(Predicate chosen) {
    std::vector<Item> taken;
    for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
      if (slots_[slot].used && chosen(std::as_const(slots_[slot].item))) taken.push_back(take_back(id_of(slot)));
    }
    return taken;
  }
  // Behind everything that is due then already. False if it is there no more.
  bool move(std::uint64_t id, Instant at) {
    if (!holds(id)) return false;
    const std::size_t place = slots_[static_cast<std::uint32_t>(id)].place;
    heap_[place].at = at;
    heap_[place].order = order_++;
    sink(rise(place));
    return true;
  }

  bool empty() const { return heap_.empty(); }
  std::size_t size() const { return heap_.size(); }
  Instant next() const { return heap_.front().at; }
  std::uint64_t next_id() const { return id_of(heap_.front().slot); }
  const Item& peek() const { return slots_[heap_.front().slot].item; }
  Due pop() {
    const std::uint32_t slot = heap_.front().slot;
    Due due{heap_.front().at, id_of(slot), std::move(slots_[slot].item)};
    erase(0);
    return due;
  }

 private:
  struct Slot {
    Item item;
    std::size_t place = 0;  // in the heap
    std::uint32_t generation = 1;
    bool used = false;
  };
  struct Node {
    Instant at;
    std::uint64_t order;
    std::uint32_t slot;
    bool operator<(const Node& other) const { return at != other.at ? at < other.at : order < other.order; }
  };

  std::uint64_t id_of(std::uint32_t slot) const { return std::uint64_t{slots_[slot].generation} << 32 | slot; }
  bool holds(std::uint64_t id) const {
    const auto slot = static_cast<std::uint32_t>(id);
    return slot < slots_.size() && slots_[slot].used && slots_[slot].generation == id >> 32;
  }
  std::uint32_t free_slot() {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(slots_.size()));
      slots_.emplace_back();
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    slots_[slot].used = true;
    return slot;
  }
  void erase(std::size_t place) {
    Slot& slot = slots_[heap_[place].slot];
    slot.item = Item();
    slot.used = false;
    if (++slot.generation == 0) slot.generation = 1;
    free_.push_back(heap_[place].slot);
    heap_[place] = heap_.back();
    heap_.pop_back();
    if (place < heap_.size()) sink(rise(place));
  }
  std::size_t rise(std::size_t place) {
    const Node node = heap_[place];
    for (; place > 0 && node < heap_[(place - 1) / 2]; place = (place - 1) / 2) put(place, heap_[(place - 1) / 2]);
    put(place, node);
    return place;
  }
  void sink(std::size_t place) {
    const Node node = heap_[place];
    for (;;) {
      std::size_t child = 2 * place + 1;
      if (child >= heap_.size()) break;
      if (child + 1 < heap_.size() && heap_[child + 1] < heap_[child]) ++child;
      if (!(heap_[child] < node)) break;
      put(place, heap_[child]);
      place = child;
    }
    put(place, node);
  }
  void put(std::size_t place, const Node& node) {
    heap_[place] = node;
    slots_[node.slot].place = place;
  }

  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::vector<Node> heap_;
  std::uint64_t order_ = 0;
};

}  // namespace net
