// What goes wrong in the simulated net: by chance (SimFaults, changed at any time) and what really did (SimCounts).
#pragma once

#include <cstdint>

#include "net/loop.hpp"

namespace net {

// Chances are 0…1; all zero is a net without faults, which still has latency and bounded buffers.
struct SimFaults {
  double slice = 0;       // of a write: it arrives in pieces
  double short_send = 0;  // of a write: only a part is taken, and no more for up to 5 ms
  double stall = 0;       // of a segment: it and what follows come up to `stall_max` later
  Duration stall_max = std::chrono::seconds(2);
  double cut = 0;  // of a connection: cut after up to `cut_bytes_max`, mostly early
  std::uint64_t cut_bytes_max = 1 << 20;
  double cut_clean = 0.3;  // of a cut: it looks like an end instead of a reset
  double refuse = 0;       // of a dial

  static SimFaults rough() {
    SimFaults faults;
    faults.slice = 0.2;
    faults.short_send = 0.05;
    faults.stall = 0.002;
    faults.cut = 0.1;
    faults.refuse = 0.02;
    return faults;
  }
};

// From one host to another.
struct SimLink {
  Duration latency = std::chrono::microseconds(200);
  Duration jitter = std::chrono::microseconds(300);
};

struct SimCounts {
  std::uint64_t connections = 0, bytes = 0;
  std::uint64_t slices = 0, short_sends = 0, would_blocks = 0, half_closes = 0;
  std::uint64_t stalls = 0, cuts = 0, clean_cuts = 0, resets = 0, refusals = 0;
  std::uint64_t losses = 0;    // segments that a lost direction swallowed until it healed
  std::uint64_t timeouts = 0;  // connections given up because the other side was not heard for too long
  std::uint64_t pauses = 0, kills = 0, clock_steps = 0;
};

}  // namespace net
