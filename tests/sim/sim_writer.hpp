// SimWriter: the process of a simulated container: writes lines that say who they are ("o17 xxxx\n", the 17th of
// stdout), paced, in bursts, long and torn ones among them, for as long as it lives. Waits while the container does not
// run or its pipe is full, as a process would.
#pragma once

#include "net/loop.hpp"
#include "net/task.hpp"
#include "sim/sim_container.hpp"

namespace sim {

struct WriterOptions {
  double lines_per_second = 100;  // on average
  double err_share = 0.3;
  std::size_t bytes_max = 120;  // of an ordinary line
  double long_share = 0.01;     // lines over 16 KiB
  std::size_t long_bytes_max = 50'000;
  double torn_share = 0.02;    // written in two parts with a pause between, other lines may come there
  double burst_share = 0.005;  // so many lines at once, at 10 µs each or as fast as a daemon writes them
  std::uint64_t burst_lines_max = 500;
};

class SimWriter {
 public:
  SimWriter(net::Loop& loop, SimContainer& container, WriterOptions options = {});
  SimWriter(const SimWriter&) = delete;

  std::uint64_t lines() const { return written_[0] + written_[1]; }

 private:
  net::Task<void> run();
  net::Task<void> until_writable();
  net::Task<void> line();
  std::string text(SimStream stream);

  net::Loop& loop_;
  net::Random& random_;
  SimContainer& container_;
  WriterOptions options_;
  std::array<std::uint64_t, 2> written_ = {};
  std::uint64_t bytes_ = 0;  // written
  net::Job job_;
};

}  // namespace sim
