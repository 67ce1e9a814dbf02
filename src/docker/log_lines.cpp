#include "docker/log_lines.hpp"

namespace docker {

void LogLines::Held::add(const LogRecord& record, Mark record_mark) {
  open = true;
  ++pieces;
  time_ns = record.time_ns;
  mark = record_mark;
  text += record.payload;
}

void LogLines::Held::start_part() {
  pieces = 0;
  text.clear();
}

// Gives the memory of a long line back: most containers never print another.
void LogLines::Held::clear() { *this = Held{}; }

Line LogLines::line_of(LogStream stream, bool partial) const {
  const Held& held = held_[index_of(stream)];
  return {stream, partial, held.time_ns, held.mark, partial ? std::string_view(held.text) : trimmed(held.text)};
}

std::string_view LogLines::trimmed(std::string_view payload) const {
  if (!payload.ends_with('\n')) return payload;
  payload.remove_suffix(1);
  if (tty_ && payload.ends_with('\r')) payload.remove_suffix(1);
  return payload;
}

}  // namespace docker
