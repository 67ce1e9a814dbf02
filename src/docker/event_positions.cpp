#include "docker/event_positions.hpp"

#include <algorithm>

namespace docker {
namespace {

constexpr std::string_view prefix = "e1.";
constexpr char between = '_';

}  // namespace

const EventPosition* EventPositions::of(std::uint64_t engine) const {
  const auto found =
      std::find_if(places.begin(), places.end(), [engine](const auto& each) { return each.engine == engine; });
  return found == places.end() ? nullptr : &*found;
}

void EventPositions::set(const EventPosition& place) {
  const auto at = std::lower_bound(places.begin(), places.end(), place.engine,
                                   [](const auto& each, std::uint64_t engine) { return each.engine < engine; });
  if (at != places.end() && at->engine == place.engine) {
    *at = place;
  } else {
    places.insert(at, place);
  }
}

std::string EventPositions::print() const {
  std::string text(prefix);
  for (const EventPosition& each : places) {
    if (text.size() > prefix.size()) text += between;
    text += each.print().substr(prefix.size());
  }
  return text;
}

std::optional<EventPositions> EventPositions::parse(std::string_view text) {
  if (!text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  EventPositions positions;
  for (bool more = true; more;) {
    const std::size_t end = text.find(between);
    more = end != text.npos;
    const auto place = EventPosition::parse(std::string(prefix).append(text.substr(0, end)));
    if (!place || positions.of(place->engine) != nullptr || positions.places.size() >= places_max) return std::nullopt;
    positions.set(*place);
    text.remove_prefix(more ? end + 1 : 0);
  }
  return positions;
}

}  // namespace docker
