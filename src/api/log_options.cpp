#include "api/log_options.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "docker/timestamp.hpp"
#include "http/headers.hpp"

namespace api {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;

// Takes the digits at the front; nothing where there are none or too many.
std::optional<std::int64_t> take_number(std::string_view& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || text.front() == '-') return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

// Takes ".123" at the front, if it is there, as a share of `unit`. Digits behind the ninth are below a nanosecond.
std::optional<std::int64_t> take_fraction(std::string_view& text, std::int64_t unit) {
  if (!text.starts_with('.')) return 0;
  text.remove_prefix(1);
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0) return std::nullopt;
  std::int64_t fraction = 0, scale = 1;
  for (std::size_t i = 0; i < std::min<std::size_t>(digits, 9); ++i, scale *= 10)
    fraction = fraction * 10 + (text[i] - '0');
  text.remove_prefix(digits);
  return fraction * (unit / scale) + fraction * (unit % scale) / scale;  // no product beyond 64 bits
}

std::optional<std::int64_t> add_scaled(std::int64_t sum, std::int64_t number, std::int64_t unit, std::int64_t more) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(number, unit, &product) || __builtin_add_overflow(sum, product, &sum) ||
      __builtin_add_overflow(sum, more, &sum))
    return std::nullopt;
  return sum;
}

std::optional<std::int64_t> take_unit(std::string_view& text) {
  static constexpr std::pair<std::string_view, std::int64_t> units[] = {
      {"ns", 1},
      {"us", 1000},
      {"µs", 1000},
      {"ms", 1'000'000},
      {"s", second_ns},
      {"m", 60 * second_ns},
      {"h", 3600 * second_ns},
  };
  for (const auto& [name, unit] : units) {
    if (!text.starts_with(name)) continue;
    text.remove_prefix(name.size());
    return unit;
  }
  return std::nullopt;
}

base::Error wrong(std::string_view name, std::string_view value, std::string_view wanted) {
  return {base::Fault::bad_request,
          std::string(name) + " is \"" + std::string(value.substr(0, 100)) + "\"; it can be " + std::string(wanted)};
}

base::Result<void> read_since(feeds::Source source, feeds::Start& start, std::string_view value, net::WallTime now) {
  const bool log = source == feeds::Source::logs;
  if (!log && value.starts_with("e1.")) start.events = docker::EventPositions::parse(value);
  if (start.events) return {};
  const auto moment = parse_moment("since", value, now);
  if (!moment) return moment.error();
  if (moment->position && !log) return wrong("since", value, "a position of events, which begins with e1.");
  start.after = moment->position;
  if (!moment->position) start.since_ns = moment->time_ns;
  return {};
}

base::Result<void> read_tail(feeds::Start& start, std::string_view value) {
  if (value == "all") return {};
  std::string_view rest = value;
  const auto lines = take_number(rest);
  if (!lines || !rest.empty()) return wrong("tail", value, "all or a number of lines.");
  start.tail = static_cast<std::uint64_t>(*lines);
  return {};
}

}  // namespace

base::Result<bool> parse_switch(std::string_view name, std::string_view value) {
  const auto is = [value](std::string_view text) { return http::equals_ignoring_case(value, text); };
  if (is("1") || is("true")) return true;
  if (is("0") || is("false")) return false;
  return wrong(name, value, "true or false.");
}

base::Result<Moment> parse_moment(std::string_view name, std::string_view value, net::WallTime now) {
  if (value.starts_with("p1.")) {
    const auto position = docker::Position::parse(value);
    if (position) return Moment{position};
  } else if (const auto seconds = parse_unix_seconds(value)) {
    return Moment{{}, *seconds};
  } else if (const auto duration = parse_duration(value)) {
    return Moment{{}, std::max<std::int64_t>(0, (now.time_since_epoch() - *duration).count())};
  } else if (const auto time = docker::parse_time(value)) {
    return Moment{{}, time->time_since_epoch().count()};
  }
  return wrong(name, value, "a position, a time (RFC 3339), Unix seconds, or a duration such as 10m.");
}

std::optional<net::Duration> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::optional<std::int64_t> sum = 0;
  while (!text.empty()) {
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    // The fraction is a share of a unit that stands behind it.
    std::string_view behind = text.substr(std::min(text.find_first_not_of(".0123456789"), text.size()));
    const auto unit = take_unit(behind);
    if (!unit) return std::nullopt;
    const auto fraction = take_fraction(text, *unit);
    if (!fraction || !take_unit(text)) return std::nullopt;
    sum = add_scaled(*sum, *number, *unit, *fraction);
    if (!sum) return std::nullopt;
  }
  return net::Duration(*sum);
}

std::optional<std::int64_t> parse_unix_seconds(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto seconds = take_number(text);
  if (!seconds) return std::nullopt;
  const auto fraction = take_fraction(text, second_ns);
  if (!fraction || !text.empty()) return std::nullopt;
  return add_scaled(0, *seconds, second_ns, *fraction);
}

namespace {

// An empty one is as if it were absent.
std::string_view find(std::span<const Option> options, std::string_view name) {
  const auto found =
      std::find_if(options.begin(), options.end(), [&](const Option& each) { return each.name == name; });
  return found == options.end() ? std::string_view() : std::string_view(found->value);
}

}  // namespace

base::Result<LogOptions> parse_log_options(std::span<const Option> options, net::WallTime now) {
  LogOptions parsed;
  for (const auto& [name, into] : {std::pair{"stdout", &parsed.out}, std::pair{"stderr", &parsed.err}}) {
    const std::string_view value = find(options, name);
    if (value.empty()) continue;
    const auto on = parse_switch(name, value);
    if (!on) return on.error();
    *into = *on;
  }
  if (!parsed.out && !parsed.err)
    return base::Error{base::Fault::bad_request, "At least one of stdout and stderr must be true."};
  if (const std::string_view since = find(options, "since"); !since.empty())
    if (const auto read = read_since(feeds::Source::logs, parsed.start, since, now); !read) return read.error();
  if (const std::string_view tail = find(options, "tail"); !tail.empty())
    if (const auto read = read_tail(parsed.start, tail); !read) return read.error();
  return parsed;
}

base::Result<LogOptions> parse_options(feeds::Source source, std::span<const Option> options, net::WallTime now) {
  using feeds::Source;
  if (source == Source::logs) return parse_log_options(options, now);
  LogOptions parsed;
  const std::string_view since = find(options, "since");
  if (const std::string_view presence = find(options, "presence"); source == Source::app && !presence.empty()) {
    const auto on = parse_switch("presence", presence);
    if (!on) return on.error();
    parsed.presence = *on;
  }
  if (source == Source::stats || source == Source::containers || since.empty() || source > Source::app) return parsed;
  if (source == Source::app) {
    parsed.start.message = messages::Position::parse(since);
    if (parsed.start.message) return parsed;
    return base::Error{base::Fault::bad_request,
                       "since is \"" + std::string(since.substr(0, 100)) + "\"; of this channel it can be a position."};
  }
  if (const auto read = read_since(source, parsed.start, since, now); !read) return read.error();
  return parsed;
}

}  // namespace api
