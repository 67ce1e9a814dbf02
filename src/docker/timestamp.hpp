// Times as Docker writes them: RFC 3339 with up to nine digits of a second. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "net/loop.hpp"

namespace docker {

// "2006-01-02T15:04:05[.123456789](Z|+01:00)". Nothing for what is no such time, or beyond what 64 bits of nanoseconds
// can hold (Docker's "0001-01-01T00:00:00Z" for "never" is such a one).
std::optional<net::WallTime> parse_time(std::string_view text);

// Always UTC with nine digits: 30 characters, as Docker stamps log records.
std::string format_time(net::WallTime time);

// "1767225600.000000001": what the Engine takes as `since` and `until`. Always nine digits, since it pads on the right.
std::string seconds_parameter(net::WallTime time);

}  // namespace docker
