// sim: simulated worlds by their seeds: of each, one of logs (world.hpp) and one of messages (message_world.hpp).
//
//   sim --seed 123 [--verbose]     one of them; --verbose tells everything that anybody said
//   sim --seeds 20000 [--jobs 2] [--from 1] [--go-on 100] [--only logs]
//   sim_planted --plant dropped_tip --seeds 300     with a bug in the product that is to be found
//
// Prints what really happened, and for every broken promise a line that replays it. Exits with 1 where there was one,
// or where, in 1000 worlds or more, something never happened that must.
#include <malloc.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/planted.hpp"
#include "sim/seeds.hpp"

#ifdef DOCKCAST_PLANTED
std::string_view base::planted::chosen;
#endif

namespace {

constexpr std::string_view kinds[] = {"logs", "messages"};

bool is_a_kind(std::string_view word) { return word == kinds[0] || word == kinds[1]; }

}  // namespace

int main(int count, char** words) {
  // A world takes and gives back many megabytes at a time; the kernel would clear every page of them anew.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  sim::Seeds seeds;
  seeds.program = words[0];
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    const auto number = [&] { return ++i < count ? std::strtoull(words[i], nullptr, 10) : 0; };
    if (word == "--seed") {
      seeds.first = number();
      seeds.count = 1;
    } else if (word == "--seeds") {
      seeds.count = number();
    } else if (word == "--from") {
      seeds.first = number();
    } else if (word == "--jobs") {
      seeds.jobs = static_cast<unsigned>(number());
    } else if (word == "--only" && i + 1 < count && is_a_kind(words[i + 1])) {
      seeds.logs = words[++i] == kinds[0];
      seeds.messages = !seeds.logs;
    } else if (word == "--verbose") {
      seeds.verbose = true;
    } else if (word == "--go-on") {
      seeds.failures_max = number();
#ifdef DOCKCAST_PLANTED
    } else if (word == "--plant") {
      base::planted::chosen = ++i < count ? words[i] : "";
      seeds.program += " --plant " + std::string(base::planted::chosen);
#endif
    } else {
      std::fprintf(stderr,
                   "sim: what is %s? --seed S [--verbose], or --seeds N [--from S] [--jobs N] [--go-on N] [--only "
                   "logs|messages]\n",
                   word.c_str());
      return 2;
    }
  }
  return sim::run_seeds(seeds) ? 0 : 1;
}
