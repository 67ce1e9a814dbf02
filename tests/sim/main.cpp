// sim: simulated worlds by their seeds (world.hpp).
//
//   sim --seed 123 [--verbose]     one of them; --verbose tells everything that anybody said
//   sim --seeds 20000 [--jobs 2] [--from 1]
//
// Prints what really happened, and for every broken promise a line that replays it. Exits with 1 where there was one.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "sim/seeds.hpp"

int main(int count, char** words) {
  sim::Seeds seeds;
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
    } else if (word == "--verbose") {
      seeds.verbose = true;
    } else if (word == "--go-on") {
      seeds.failures_max = number();
    } else {
      std::fprintf(stderr, "sim: what is %s? --seed S [--verbose], or --seeds N [--from S] [--jobs N] [--go-on N]\n",
                   word.c_str());
      return 2;
    }
  }
  return sim::run_seeds(seeds) == 0 ? 0 : 1;
}
