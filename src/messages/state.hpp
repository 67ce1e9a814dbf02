// State: what there is of an application channel, and what a position comes to in it. Pure values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "messages/position.hpp"

namespace messages {

struct State {
  struct Past {  // an epoch that is over: the last offset of it that this data set has
    std::uint64_t epoch = 0, until = 0;
    bool operator==(const Past&) const = default;
  };
  Position top;  // of the last message; of none where there was none in this epoch yet: offset of the last before
  std::uint64_t oldest = 1;  // the oldest message that is still there; top.offset + 1: none is
  std::vector<Past> past;    // newest first, at most past_max
};
inline constexpr std::size_t past_max = 8;

// What somebody who stands at a position is told who comes back.
struct Recovery {
  enum class Kind : std::uint8_t { full, partial, none };
  Kind kind = Kind::full;
  std::string reason = {};      // of partial: trimmed, failover; of none: recreated
  Position from = {}, to = {};  // of partial: what is missing lies in (from, to]
  std::uint64_t after = 0;      // it goes on with the messages behind this offset
  bool operator==(const Recovery&) const = default;
};

// How many messages that are; none where nobody knows.
inline std::optional<std::uint64_t> missing(const Recovery& lost) {
  if (lost.from.epoch != lost.to.epoch || lost.from.offset > lost.to.offset) return std::nullopt;
  return lost.to.offset - lost.from.offset;
}

// An epoch's position beyond what the data set has of it has seen what is lost; what it may not have seen is lost too:
// partial, failover; it goes on in the epoch that came next. A position of the current epoch beyond its end is
// nobody's: none, and it goes on with what comes now.
Recovery recover(const State& state, const Position& asked);

}  // namespace messages
