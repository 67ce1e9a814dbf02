// The synthetic log line: what the fake Engine prints, the servers carry and the load generator checks.
//
//     @@ channel sequence length microseconds xxxxxxxx…xx$
//        8 digits each (microseconds 16), no spaces; length counts everything from @@ to $
//
// Fixed width, so that checking one costs nanoseconds; nothing in it changes when it is put into JSON.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace bench {

inline constexpr size_t line_bytes_min = 2 + 8 + 8 + 8 + 16 + 1;
inline constexpr size_t line_bytes_max = 64 * 1024;

struct Line {
  uint32_t channel;
  uint32_t sequence;
  uint32_t bytes;
  int64_t time_us;
};

inline std::string print_line(const Line& line) {
  char head[64];
  int length = std::snprintf(head, sizeof head, "@@%08u%08u%08u%016lld", line.channel, line.sequence, line.bytes,
                             static_cast<long long>(line.time_us));
  std::string text(head, static_cast<size_t>(length));
  text.resize(line.bytes - 1, 'x');
  return text += '$';
}

// Eight decimal digits at once (three multiplications on a little-endian word); digits are not validated.
inline uint32_t parse_digits8(const char* digits) {
  uint64_t word;
  std::memcpy(&word, digits, 8);
  word = (word & 0x0f0f0f0f0f0f0f0fULL) * 2561 >> 8;
  word = (word & 0x00ff00ff00ff00ffULL) * 6553601 >> 16;
  return static_cast<uint32_t>((word & 0x0000ffff0000ffffULL) * 42949672960001ULL >> 32);
}

// The line that begins at @@; nothing if it is damaged or cut.
inline std::optional<Line> parse_line(std::string_view text) {
  if (text.size() < line_bytes_min) return std::nullopt;
  Line line{parse_digits8(text.data() + 2), parse_digits8(text.data() + 10), parse_digits8(text.data() + 18),
            int64_t{parse_digits8(text.data() + 26)} * 100'000'000 + parse_digits8(text.data() + 34)};
  bool whole = line.bytes >= line_bytes_min && line.bytes <= text.size() && text[line.bytes - 1] == '$';
  return whole ? std::optional(line) : std::nullopt;
}

// The container id of a channel: 56 constant digits, then the channel in hexadecimal.
inline std::string container_id(uint32_t channel) {
  char tail[16];
  std::snprintf(tail, sizeof tail, "%08x", channel);
  return std::string(56, 'b') + tail;
}

// The channel whose full container id stands in `path`; nothing if there is none.
inline std::optional<uint32_t> channel_in(std::string_view path) {
  size_t at = path.find(std::string(56, 'b'));
  if (at == std::string_view::npos || path.size() < at + 64) return std::nullopt;
  return static_cast<uint32_t>(std::strtoul(std::string(path.substr(at + 56, 8)).c_str(), nullptr, 16));
}

}  // namespace bench
