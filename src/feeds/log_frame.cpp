#include "feeds/log_frame.hpp"

#include <algorithm>
#include <cstring>

#include "base/bytes.hpp"
#include "base/json_text.hpp"

namespace feeds {
namespace {

using base::put;
using base::Taker;

constexpr std::uint8_t format_version = 1;
constexpr std::size_t sender_offset = 4 + 2 * 8;  // behind version, kind, state, flags and fence

void put(std::string& out, const docker::Mark& mark) {
  put(out, mark.max_ns);
  put(out, mark.count);
}

void put(std::string& out, const docker::Position& position) {
  put(out, static_cast<std::uint8_t>(position.head));
  for (const docker::Mark& mark : position.marks) put(out, mark);
  put(out, position.stepped_ns);
}

struct PositionTaker : Taker {
  docker::Mark mark() {
    docker::Mark mark;
    mark.max_ns = number<std::int64_t>();
    mark.count = number<std::uint32_t>();
    return mark;
  }
  void position(docker::Position& into) {
    const auto head = number<std::uint8_t>();
    if (head > 1) good = false;
    into.head = static_cast<docker::LogStream>(head & 1);
    for (docker::Mark& each : into.marks) each = mark();
    into.stepped_ns = number<std::int64_t>();
  }
};

constexpr std::uint8_t pull_flag = 1;
constexpr std::size_t entry_bytes = 2 + 8 + 12 + 4;
constexpr std::size_t head_bytes = 112;  // and a little more

void take_lines(PositionTaker& taker, LogFrame& frame) {
  const auto count = taker.number<std::uint32_t>();
  if (count > taker.rest.size() / entry_bytes) {
    taker.good = false;
    return;
  }
  frame.entries.resize(count);
  std::uint64_t text_bytes = 0;
  for (LogEntry& entry : frame.entries) {
    const auto stream = taker.number<std::uint8_t>();
    if (stream > 1) taker.good = false;
    entry.stream = static_cast<docker::LogStream>(stream & 1);
    entry.partial = taker.number<std::uint8_t>() != 0;
    entry.time_ns = taker.number<std::int64_t>();
    entry.mark = taker.mark();
    entry.length = taker.number<std::uint32_t>();
    text_bytes += entry.length;
  }
  if (text_bytes != taker.rest.size()) taker.good = false;
  frame.text = taker.rest;
}

}  // namespace

LogFrame lines_frame(const docker::Position& prev, const docker::Position& position,
                     std::span<const docker::Line> lines) {
  LogFrame frame;
  frame.prev = prev;
  frame.position = position;
  frame.entries.reserve(lines.size());
  std::size_t raw = 0;
  for (const docker::Line& line : lines) raw += line.text.size();
  frame.text.reserve(raw + raw / 16);
  for (const docker::Line& line : lines) {
    const std::size_t before = frame.text.size();
    base::append_json_text(frame.text, line.text);
    const auto length = static_cast<std::uint32_t>(frame.text.size() - before);
    frame.entries.push_back({line.stream, line.partial, line.time_ns, line.mark, length});
  }
  return frame;
}

LogFrame gap_frame(const docker::Gap& gap) {
  LogFrame frame;
  frame.kind = LogFrame::Kind::gap;
  frame.prev = gap.from;
  frame.position = gap.to;
  frame.reason = gap.reason;
  return frame;
}

std::size_t encoded_bytes(const LogFrame& frame) {
  return head_bytes + frame.entries.size() * entry_bytes + frame.text.size();
}

std::string encode(const LogFrame& frame) {
  std::string out;
  out.reserve(encoded_bytes(frame));
  put(out, format_version);
  put(out, static_cast<std::uint8_t>(frame.kind));
  put(out, static_cast<std::uint8_t>(frame.state));
  put(out, frame.pull ? pull_flag : std::uint8_t{0});
  put(out, frame.fence.epoch);
  put(out, frame.fence.counter);
  put(out, frame.sender);
  put(out, frame.prev);
  put(out, frame.position);
  if (frame.kind == LogFrame::Kind::lines) {
    put(out, static_cast<std::uint32_t>(frame.entries.size()));
    for (const LogEntry& entry : frame.entries) {
      put(out, static_cast<std::uint8_t>(entry.stream));
      put(out, static_cast<std::uint8_t>(entry.partial));
      put(out, entry.time_ns);
      put(out, entry.mark);
      put(out, entry.length);
    }
    out += frame.text;
  } else if (frame.kind == LogFrame::Kind::gap) {
    put(out, static_cast<std::uint8_t>(frame.lines_lost.has_value()));
    put(out, frame.lines_lost.value_or(0));
    out += frame.reason;
  }
  return out;
}

std::optional<std::uint64_t> sender_of(std::string_view bytes) {
  Taker taker{bytes};
  if (taker.number<std::uint8_t>() != format_version) return std::nullopt;
  taker.rest.remove_prefix(std::min(taker.rest.size(), sender_offset - 1));
  const auto sender = taker.number<std::uint64_t>();
  return taker.good ? std::optional(sender) : std::nullopt;
}

std::optional<LogFrame> decode(std::string_view bytes, const docker::Position& identity, Undecodable& why) {
  PositionTaker taker{{bytes}};
  why = Undecodable::malformed;
  if (taker.number<std::uint8_t>() != format_version) {
    if (taker.good) why = Undecodable::version;
    return std::nullopt;
  }
  LogFrame frame;
  frame.prev = frame.position = identity;
  const auto kind = taker.number<std::uint8_t>();
  const auto state = taker.number<std::uint8_t>();
  frame.pull = (taker.number<std::uint8_t>() & pull_flag) != 0;
  frame.fence.epoch = taker.number<std::uint64_t>();
  frame.fence.counter = taker.number<std::uint64_t>();
  frame.sender = taker.number<std::uint64_t>();
  taker.position(frame.prev);
  taker.position(frame.position);
  if (kind > static_cast<std::uint8_t>(LogFrame::Kind::released)) return std::nullopt;
  if (state > static_cast<std::uint8_t>(LogState::degraded)) return std::nullopt;
  frame.kind = static_cast<LogFrame::Kind>(kind);
  frame.state = static_cast<LogState>(state);
  if (frame.kind == LogFrame::Kind::lines) {
    take_lines(taker, frame);
  } else if (frame.kind == LogFrame::Kind::gap) {
    const bool known = taker.number<std::uint8_t>() != 0;
    const auto lines = taker.number<std::uint64_t>();
    if (known) frame.lines_lost = lines;
    frame.reason = taker.rest;
  }
  return taker.good ? std::optional(std::move(frame)) : std::nullopt;
}

void take(docker::Standpoint& at, LogFrame& frame) {
  frame.told_before = at.told;
  if (frame.kind == LogFrame::Kind::gap) at.advance(frame.position);
  for (const LogEntry& entry : frame.entries) at.take(entry.stream, entry.partial, entry.mark, entry.time_ns);
  frame.told = at.told;
}

bool drop_known(LogFrame& frame, const std::array<docker::Mark, 2>& known) {
  const auto is_known = [&](const LogEntry& entry) { return entry.mark <= known[docker::index_of(entry.stream)]; };
  std::size_t from = 0, to = 0, kept = 0;
  for (const LogEntry& entry : frame.entries) {
    if (!is_known(entry)) {
      if (from != to) std::memmove(frame.text.data() + to, frame.text.data() + from, entry.length);
      to += entry.length;
      frame.entries[kept++] = entry;
    }
    from += entry.length;
  }
  frame.entries.resize(kept);
  frame.text.resize(to);
  return kept > 0;
}

void drop_first(LogFrame& frame, std::size_t entries) {
  const auto end = frame.entries.begin() + static_cast<std::ptrdiff_t>(entries);
  std::size_t bytes = 0;
  for (auto entry = frame.entries.begin(); entry != end; ++entry) bytes += entry->length;
  frame.entries.erase(frame.entries.begin(), end);
  frame.text.erase(0, bytes);
}

}  // namespace feeds
