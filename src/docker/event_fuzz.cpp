// Whatever the Engine tells as an event is one, or nothing.
#include "base/check.hpp"
#include "docker/events.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto event = docker::parse_event(text);
  if (!event) return 0;
  CHECK(!event->type.empty() && !event->action.empty());
  CHECK(event->action.find(':') == std::string::npos);
  CHECK(event->json == text);
  return 0;
}
