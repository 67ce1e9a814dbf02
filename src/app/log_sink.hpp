// Where log lines go: stderr, as text with name=value pairs or as one JSON object a line, with the time in UTC. Each
// refusal of a client has a line, and strangers can have themselves refused as often as they like: so many lines of
// level info and below are written between two refills, and how many were left out is said then. Warnings are always
// written.
#pragma once

#include <atomic>
#include <cstdint>

#include "app/settings.hpp"

namespace app {

// Lines that may still be written. Any thread.
class LineBudget {
 public:
  // Whether one more may be.
  bool take() { return taken_.fetch_add(1, std::memory_order_relaxed) < most_.load(std::memory_order_relaxed); }
  // From now on so many. How many were refused since the last time.
  std::uint64_t refill(std::uint64_t lines) {
    const std::uint64_t taken = taken_.exchange(0, std::memory_order_relaxed);
    const std::uint64_t most = most_.exchange(lines, std::memory_order_relaxed);
    return taken > most ? taken - most : 0;
  }

 private:
  std::atomic<std::uint64_t> taken_ = 0, most_ = ~std::uint64_t{0};
};

// Before any thread is started.
void open_log(base::log::Level least, LogFormat format);
// Once a second.
void refill_log(std::uint32_t lines);

// What of a line stands behind its time and level.
std::string text_line(std::string_view text, base::log::Fields fields);
std::string json_members(std::string_view text, base::log::Fields fields);  // "message":"…","name":"…"

}  // namespace app
