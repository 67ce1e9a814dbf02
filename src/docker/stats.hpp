// Stats: what a container uses, by the formulas of the Docker CLI (docker/cli, stats_helpers.go). StatsStream is one
// open /stats answer: one frame a second.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "docker/json_lines.hpp"
#include "net/loop.hpp"

namespace docker {

struct Stats {
  net::WallTime time{};
  double cpu_percent = 0;  // 100 is one core
  double memory_percent = 0;
  std::uint64_t memory_bytes = 0, memory_limit_bytes = 0;  // used without the page cache that can be given back
  std::uint64_t network_rx_bytes = 0, network_tx_bytes = 0;
  std::uint64_t block_read_bytes = 0, block_write_bytes = 0;
  std::uint64_t pids = 0;
};

// Nothing for a frame that tells nothing: of a container that does not run, the first one of a run (there is nothing to
// compare it with), and what is no frame.
std::optional<Stats> parse_stats(std::string_view json);

class StatsStream {
 public:
  explicit StatsStream(std::unique_ptr<http::Body> body) : lines_(std::move(body)) {}

  // Waits for the next frame that tells something. Fault::closed when the stream has ended: the container was removed,
  // or the Engine is gone.
  net::Task<base::Result<Stats>> next();

 private:
  JsonLines lines_;
};

}  // namespace docker
