// Verdict: what became of one simulated world, and Say: how it tells what goes on in it. Values.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "net/loop.hpp"

namespace sim {

// What really happened, by name: the summary of a simulation. Names are the report's own words.
using Tally = std::map<std::string, std::uint64_t>;

struct Verdict {
  std::string broken;  // the first promise that was; empty: all were kept
  Tally tally;
  net::Duration took{};     // virtual
  std::uint64_t trace = 0;  // of everything that happened: a replay has the same
};

using Say = std::function<void(net::Duration at, const std::string& who, const std::string& what)>;

}  // namespace sim
