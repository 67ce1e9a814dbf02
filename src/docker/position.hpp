// Position: how far somebody has read one container's log, as the source itself would say it.
//
// Per stream a Mark: the running maximum of the records' timestamps from the log's beginning, and how many records came
// since the one that set it, inclusive. Docker's records are the pieces of lines (16 KiB), so the marks of a line are
// the marks of its last piece. Every reader of the log computes the same marks, also behind a backward step of the
// clock, as long as it knows the maximum where it starts; so marks order what different readers saw, per stream, never
// across. A value type for any thread. Not here: how a log is read on from a position (docker/log_cursor.hpp).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace docker {

enum class LogStream : std::uint8_t { out, err };

constexpr LogStream other(LogStream stream) { return stream == LogStream::out ? LogStream::err : LogStream::out; }
constexpr std::size_t index_of(LogStream stream) { return static_cast<std::size_t>(stream); }

// With count 0 it is a bound: nothing stamped max_ns was delivered, and everything stamped so or later is new.
// {0, 0} stands before the log's first record.
struct Mark {
  std::int64_t max_ns = 0;
  std::uint32_t count = 0;

  friend auto operator<=>(const Mark&, const Mark&) = default;

  // The mark of the record that follows in the same stream.
  Mark next(std::int64_t time_ns) const { return time_ns > max_ns ? Mark{time_ns, 1} : Mark{max_ns, count + 1}; }
};

struct Position {
  std::uint64_t engine = 0;                     // engine_key() of the Engine's /info ID
  std::array<std::uint8_t, 16> container = {};  // the first half of the container's id
  std::array<Mark, 2> marks = {};
  LogStream head = LogStream::out;  // the stream of the last record at or before it, in the log's order
  std::int64_t stepped_ns = 0;      // that record's stamp, where the clock had gone back before it; else 0

  friend bool operator==(const Position&, const Position&) = default;

  const Mark& mark(LogStream stream) const { return marks[index_of(stream)]; }
  Mark& mark(LogStream stream) { return marks[index_of(stream)]; }

  // The stamp of the last record at or before it.
  std::int64_t head_ns() const { return stepped_ns != 0 ? stepped_ns : mark(head).max_ns; }

  // "p1." and base64url, at most 82 characters, usually 61; parse() takes exactly what print() makes.
  std::string print() const;
  static std::optional<Position> parse(std::string_view text);
};

bool same_log(const Position& a, const Position& b);
// a lacks something, on some stream, that b has. Only for positions of the same log.
bool behind(const Position& a, const Position& b);
inline bool covers(const Position& a, const Position& b) { return !behind(a, b); }
// The same for records alone: a bound (count 0) stands for none, so nobody can lack it.
bool lacks(const Position& a, const Position& b);
// They stand behind the same record, but did not begin to count alike: the maxima differ, since one began behind a
// backward step of the clock, or one knows only a bound of the other stream.
bool renamed(const Position& a, const Position& b);
// The further mark of each stream.
Position merge(const Position& a, const Position& b);

std::uint64_t engine_key(std::string_view engine_id);
// The key of a full container id (64 hexadecimal digits).
std::optional<std::array<std::uint8_t, 16>> container_key(std::string_view id);

}  // namespace docker
