// LogStrategy: how a running container's log is read, chosen by what its engine does when the log rotates (Docker 3.4).
// Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "docker/container.hpp"

namespace docker {

enum class LogStrategy : std::uint8_t {
  follow,                 // the log never rotates: a follow shows everything
  follow_with_lag_watch,  // engines from 23.0: a follow is right unless it lags whole files behind
  poll_with_doorbell,     // before, or small files: a follow only rings, plain reads with proof of overlap bring lines
};

struct LogReading {
  LogStrategy strategy = LogStrategy::poll_with_doorbell;
  bool rotates = true;
  bool replays = false;         // a follow may repeat records
  std::int64_t file_bytes = 0;  // at which the log rotates, for the lag watch

  friend bool operator==(const LogReading&, const LogReading&) = default;
};

// The beginning of the log may be gone.
bool log_rotates(std::string_view driver, const Labels& options);

// `api_minor`: 45 for API 1.45. Engines from 23.0 speak 1.42.
LogReading choose_strategy(int api_minor, std::string_view driver, const Labels& options);

}  // namespace docker
