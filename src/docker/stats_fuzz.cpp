// Whatever the Engine sends as a container's stats is a frame of numbers that can be shown, or nothing.
#include <cmath>

#include "base/check.hpp"
#include "docker/stats.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  const auto stats = docker::parse_stats({reinterpret_cast<const char*>(bytes), size});
  if (!stats) return 0;
  CHECK(stats->time > net::WallTime{});
  for (const double percent : {stats->cpu_percent, stats->memory_percent})
    CHECK(std::isfinite(percent) && percent >= 0);
  CHECK(stats->memory_limit_bytes > 0 || stats->memory_percent == 0);
  return 0;
}
