// EventPositions: where somebody stands in the events of several Engines, one place each. Clients see an opaque string
// that begins with "e1."; of one Engine it is what EventPosition prints. A plain value. Bounds: places_max.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "docker/event_memory.hpp"

namespace docker {

struct EventPositions {
  static constexpr std::size_t places_max = 64;

  std::vector<EventPosition> places;  // by engine, each once

  const EventPosition* of(std::uint64_t engine) const;
  void set(const EventPosition& place);

  std::string print() const;
  static std::optional<EventPositions> parse(std::string_view text);
  bool operator==(const EventPositions&) const = default;
};

}  // namespace docker
