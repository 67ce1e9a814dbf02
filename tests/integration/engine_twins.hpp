// EngineTwins: a real Engine and its simulated twin side by side: containers that print the same, the same questions to
// both, and answers made comparable: ids and timestamps become their ordinal numbers, everything else stays as it came.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "integration/real_engine.hpp"
#include "sim/sim_engine.hpp"

namespace integration {

// Something that a container prints, for the shell and for the twin.
struct Print {
  sim::SimStream stream;
  std::string shell;
  std::string bytes;
};
Print out(std::string_view text);
Print err(std::string_view text);
// `count` times the same character.
Print fill(sim::SimStream stream, char character, std::size_t count);
// So many numbers, each on a line, to stdout.
Print numbers(int first, int count);

class EngineTwins : public testing::TestWithParam<const char*> {
 protected:
  struct Pair {
    std::string real, twin;                             // ids
    std::vector<std::string> real_stamps, twin_stamps;  // of the records, in the log's order
  };
  struct Setting {
    bool tty = false;
    sim::LogOptions log = {};
  };

  void SetUp() override;
  void TearDown() override;

  // Prints, ends with code 0, and asks both for everything once; the answers must match already there.
  Pair play(const std::string& name, const std::vector<Print>& prints, const Setting& setting);
  Pair play(const std::string& name, const std::vector<Print>& prints) { return play(name, prints, Setting{}); }
  // The target may contain @id, and @3, @3+1, @3-1: the time of record 3 (from 0), a nanosecond later or earlier.
  void same_answer(const Pair& pair, const std::string& target);
  void same_logs(const Pair& pair, const std::vector<std::string>& queries);

  bool old() const { return std::string_view(GetParam()) == "20"; }
  http::Reply ask_twin(const std::string& target, const std::string& method = "GET");

  Ground ground_;
  std::optional<RealEngine> real_;
  std::string folder_;
  std::unique_ptr<sim::SimEngine> twin_;
  std::optional<http::Client> twin_http_;

 private:
  std::string comparable(const http::Reply& reply, const std::string& id, const std::vector<std::string>& stamps);
};

}  // namespace integration
