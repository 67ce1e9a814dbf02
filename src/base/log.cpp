#include "base/log.hpp"

#include <atomic>
#include <cstdio>

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
  const std::size_t end = text.size() < bytes_max ? text.size() : bytes_max;
  for (std::size_t i = 0; i < end; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool c1 = byte == 0xc2 && i + 1 < end && (static_cast<unsigned char>(text[i + 1]) & 0xe0) == 0x80;
    if (byte >= 0x20 && byte != 0x7f && !c1) {
      out += text[i];
    } else {
      out += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    }
  }
  if (end < text.size()) out += "…";
  return out;
}

}  // namespace base::log
