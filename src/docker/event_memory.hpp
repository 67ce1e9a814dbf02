// EventMemory: the newest events of an Engine, each with its position, so that a follower who comes back is told what
// happened meanwhile. An Engine remembers its last 256; this reaches back further, and knows where events are missing.
//
// A plain value. Bounds: 1,024 events, 1 MiB of their text.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "docker/events.hpp"

namespace docker {

// Where somebody stands in the events of an Engine: behind so many of those with this time. Clients see it as an opaque
// string that begins with "e1.".
struct EventPosition {
  std::uint64_t engine = 0;  // engine_key()
  std::int64_t time_ns = 0;
  std::uint32_t count = 0;

  std::string print() const;
  static std::optional<EventPosition> parse(std::string_view text);
  bool operator==(const EventPosition&) const = default;
};

class EventMemory {
 public:
  explicit EventMemory(std::uint64_t engine) : engine_(engine) {}

  struct Entry {
    Event event;
    EventPosition position;  // behind it
    bool broken = false;     // events before it are missing
  };
  const Entry& add(const Event& event);
  // What comes next does not join what is here: the Engine has forgotten some, or was not read in time.
  void broke() { broken_ = true; }

  // It is here already.
  bool knows(const Event& event) const;
  // Of the newest time, in their order.
  std::vector<Event> last() const;

  const std::deque<Entry>& entries() const { return entries_; }
  // Behind the last event.
  EventPosition present() const;
  // Where one stands who is told entries() from this one on.
  EventPosition before(std::size_t first) const;

  struct Since {
    std::size_t first = 0;  // of entries()
    bool complete = true;   // no event between the position and it is missing
    bool ahead = false;     // the position is of a time that was not heard of yet
  };
  Since after(const EventPosition& position) const;
  Since from(std::int64_t time_ns) const;

 private:
  std::uint64_t engine_;
  std::deque<Entry> entries_;
  std::size_t bytes_ = 0;
  std::int64_t newest_ns_ = 0;
  bool broken_ = false;
  bool trimmed_ = false;  // something was dropped at the front
};

}  // namespace docker
