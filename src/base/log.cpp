#include "base/log.hpp"

#include <algorithm>
#include <atomic>
#include <cstdio>

#include "base/utf8.hpp"

namespace base::log {
namespace {

void to_stderr(Level level, std::string_view text, Fields fields) {
  static constexpr const char* names[] = {"debug", "info", "warn", "error"};
  std::string line = names[static_cast<int>(level)];
  line += ' ';
  line += text;
  for (const Field& field : fields) {
    line += ' ';
    line += field.name;
    line += '=';
    line += escaped(field.value);
  }
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

std::atomic<Sink> sink_now = &to_stderr;
std::atomic<Level> level_now = Level::info;

// Characters that turn or hide what stands beside them, or break a line: C1 controls, marks of direction, separators.
bool treacherous(char32_t character) {
  return (character >= 0x80 && character <= 0x9f) || character == 0x61c ||
         (character >= 0x200b && character <= 0x200f) || (character >= 0x2028 && character <= 0x202e) ||
         (character >= 0x2060 && character <= 0x2069) || character == 0xfeff;
}

// How many bytes the first character has; 0: it is not UTF-8, or nothing for a terminal.
std::size_t harmless(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7f ? 1 : 0;
  const std::size_t size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (text.size() < size || !is_utf8(text.substr(0, size))) return 0;
  char32_t character = lead & (0x7fU >> size);
  for (const char next : text.substr(1, size - 1))
    character = character << 6 | (static_cast<unsigned char>(next) & 0x3f);
  return treacherous(character) ? 0 : size;
}

}  // namespace

void set_sink(Sink sink) { sink_now = sink; }
void set_level(Level least) { level_now = least; }
bool enabled(Level level) { return level >= level_now.load(std::memory_order_relaxed); }

void write(Level level, std::string_view text, Fields fields) {
  if (enabled(level)) sink_now.load()(level, text, fields);
}

std::string escaped(std::string_view text, std::size_t bytes_max) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  std::string_view rest = text.substr(0, bytes_max);
  while (!rest.empty()) {
    const std::size_t size = harmless(rest);
    if (size > 0) {
      out += rest.substr(0, size);
    } else {
      const auto byte = static_cast<unsigned char>(rest.front());
      out += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    }
    rest.remove_prefix(std::max<std::size_t>(size, 1));
  }
  if (bytes_max < text.size()) out += "…";
  return out;
}

}  // namespace base::log
