// What a channel's source is doing, as its followers are told by `status` (protocol.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "feeds/follow.hpp"

namespace feeds {

enum class LogState : std::uint8_t { unknown, live, stopped, restarted, removed, source_down, recovered, degraded };
std::string_view name_of(LogState state);

// Where a log stands apart from its lines; what a follower who joins is told of it.
struct Standing {
  LogState state = LogState::unknown;  // live, stopped, restarted, removed
  bool source_down = false, degraded = false;
};

// The fields of a `status`, behind its channel: `,"state":"live"`, and what people can read where the form wants it.
std::string status_fields(LogState state, Form form);

}  // namespace feeds
