#include "docker/log_strategy.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace docker {
namespace {

constexpr int api_of_23 = 42;
// Below, a single long line may fill whole files between two looks of the daemon's follower, and all its pieces carry
// one stamp, by which the lag watch could not tell that any are missing.
constexpr std::int64_t watched_file_bytes_min = 1'000'000;
constexpr double file_bytes_most = 1e18;                 // more is as much
constexpr std::int64_t default_file_bytes = 20'000'000;  // `local`, and the cache of the drivers that cannot be read

// "10m" as Docker's units.RAMInBytes reads it: a number, a binary suffix, perhaps "b" or "ib". Nothing where it is
// none, and for "-1", which says without limit.
std::optional<std::int64_t> parse_bytes(std::string_view text) {
  double number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || !std::isfinite(number) || number <= 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.starts_with(' ')) text.remove_prefix(1);
  constexpr std::string_view suffixes = "bkmgtp";
  std::size_t power = text.empty() ? 0 : suffixes.find(static_cast<char>(text.front() | 0x20));
  if (power == std::string_view::npos) return std::nullopt;
  number *= std::pow(1000.0, static_cast<double>(power));
  return static_cast<std::int64_t>(std::min(number, file_bytes_most));
}

std::optional<std::int64_t> size_option(const Labels& options, const char* name) {
  auto found = options.find(name);
  return found == options.end() ? std::nullopt : parse_bytes(found->second);
}

// The size at which the log rotates; nothing where it never does.
std::optional<std::int64_t> file_bytes(std::string_view driver, const Labels& options) {
  if (driver == "journald") return std::nullopt;
  if (driver == "json-file") return size_option(options, "max-size");
  const char* name = driver == "local" ? "max-size" : "cache-max-size";
  return size_option(options, name).value_or(default_file_bytes);
}

}  // namespace

bool log_rotates(std::string_view driver, const Labels& options) { return file_bytes(driver, options).has_value(); }

LogReading choose_strategy(int api_minor, std::string_view driver, const Labels& options) {
  LogReading reading;
  auto bytes = file_bytes(driver, options);
  reading.rotates = bytes.has_value();
  reading.replays = api_minor < api_of_23;
  if (!bytes) {
    reading.strategy = LogStrategy::follow;
  } else if (api_minor >= api_of_23 && *bytes >= watched_file_bytes_min) {
    reading.strategy = LogStrategy::follow_with_lag_watch;
    reading.file_bytes = *bytes;
  }
  return reading;
}

}  // namespace docker
