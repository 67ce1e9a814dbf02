// A position among events that a client brings is one that was printed, or nothing, and always lies somewhere.
#include "base/check.hpp"
#include "docker/event_positions.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto places = docker::EventPositions::parse(text);
  if (places) {
    CHECK(!places->places.empty() && places->places.size() <= docker::EventPositions::places_max);
    CHECK(docker::EventPositions::parse(places->print()) == places);
  }
  const auto position = docker::EventPosition::parse(text);
  if (!position) return 0;
  CHECK(places && places->of(position->engine) != nullptr && *places->of(position->engine) == *position);
  CHECK(docker::EventPosition::parse(position->print()) == position);
  CHECK(position->time_ns >= 0);

  docker::EventMemory memory(7);
  docker::Event event;
  for (const std::int64_t time_ns : {5, 6, 6, 9}) {
    event.time_ns = time_ns;
    memory.add(event);
  }
  const auto since = memory.after(*position);
  CHECK(since.first <= memory.entries().size());
  return 0;
}
