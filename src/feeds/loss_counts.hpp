// LossCounts: what followers here were told is missing, and what came a second time and was dropped. A gap counts where
// it enters a channel, for all its followers together, or in the past that one of them is told. Since the start.
// Thread: the control loop.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace feeds {

enum class GapReason : std::uint8_t { slow, rotated, trimmed, recreated, clock, reader, bus, failover };
// As messages have them (protocol/messages.json).
inline constexpr std::array<std::string_view, 8> gap_reasons = {"slow",  "rotated", "trimmed", "recreated",
                                                                "clock", "reader",  "bus",     "failover"};

struct LossCounts {
  std::array<std::uint64_t, gap_reasons.size()> lines{};  // by reason; at least one a gap, where nobody knows how many
  std::uint64_t duplicates = 0;                           // lines and messages

  // One of no known reason, from another release, is not counted.
  void add_gap(std::string_view reason, std::optional<std::uint64_t> missing = {}) {
    const auto found = std::find(gap_reasons.begin(), gap_reasons.end(), reason);
    if (found != gap_reasons.end())
      lines[static_cast<std::size_t>(found - gap_reasons.begin())] += std::max<std::uint64_t>(missing.value_or(1), 1);
  }
  void add(const LossCounts& other) {
    for (std::size_t i = 0; i < lines.size(); ++i) lines[i] += other.lines[i];
    duplicates += other.duplicates;
  }
};

}  // namespace feeds
