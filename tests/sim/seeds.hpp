// Seeds: many worlds, one after the other or in several processes, and what really happened in all of them. Of each
// seed there are two: one of logs (world.hpp), and one of messages (message_world.hpp).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/verdict.hpp"

namespace sim {

struct Seeds {
  std::uint64_t first = 0;  // 0: drawn from the time
  std::uint64_t count = 1000;
  unsigned jobs = 1;
  std::uint64_t failures_max = 1;  // then it stops
  bool verbose = false;
  bool logs = true, messages = true;          // which of a seed's worlds
  std::string program = "build/release/sim";  // as it was called: what replays a world
};

struct SeedsReport {
  std::uint64_t worlds = 0, failures = 0;
  Tally tally;
};

// In this process. Prints broken promises as they are found.
SeedsReport run_worlds(const Seeds& seeds);
// As the settings say; prints the summary. True: all promises were kept, and everything that must happen did.
bool run_seeds(Seeds seeds);

void add(Tally& into, const Tally& more);
// What has not happened once, though it must have in so many of these worlds: a simulation without it proves less than
// it says.
std::vector<std::string> never_happened(const Seeds& seeds, const Tally& tally);
std::string printed(const Tally& tally);

}  // namespace sim
