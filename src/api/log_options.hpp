// What may be said about a log channel: since, tail, stdout, stderr (protocol.md, "WebSocket endpoints"). Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "feeds/follow.hpp"

namespace api {

// A query parameter, or a field of `subscribe`: a number or a boolean there is its text here.
struct Option {
  std::string name;
  std::string value;
};

struct LogOptions {
  bool out = true, err = true;
  bool presence = false;  // of an application channel
  feeds::Start start;
};

// `now`: what a duration is counted back from. Options that mean nothing here are ignored; of several with one name the
// first counts, and an empty one is as if it were absent. Fault::bad_request says which one is wrong.
base::Result<LogOptions> parse_log_options(std::span<const Option> options, net::WallTime now);
// Of any channel that Docker feeds: events take `since` alone, and the others nothing.
base::Result<LogOptions> parse_options(feeds::Source source, std::span<const Option> options, net::WallTime now);

// What since, until and before take: a position, or a time as RFC 3339, Unix seconds, or a duration counted back from
// `now`.
struct Moment {
  std::optional<docker::Position> position;
  std::int64_t time_ns = 0;  // where it is no position
};
base::Result<Moment> parse_moment(std::string_view name, std::string_view value, net::WallTime now);
// "1", "true", "0", "false", in any case.
base::Result<bool> parse_switch(std::string_view name, std::string_view value);

// "1h30m", "1.5h", "250ms": as Docker's CLI takes them (Go's durations without a sign).
std::optional<net::Duration> parse_duration(std::string_view text);
// "1700000000" or "1700000000.000000001", as nanoseconds.
std::optional<std::int64_t> parse_unix_seconds(std::string_view text);

}  // namespace api
