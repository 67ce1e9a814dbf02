// LogSurvey: finds the position from which somebody wants to read: behind all but the last N lines (0: the present), or
// before the first line stamped at or after a time. Reading from there is LogCursor's.
//
// `tail` counts lines of both streams, before any choice of streams, as Docker's CLI counts records; unlike it, a long
// line is one line and is never shown from its middle. A pure class like the cursor, and asks as it does: a read with
// `tail` may begin among the pieces of a line, so each stream is believed only from a record on that begins one.
// Bound: 32 bytes for each line of `lines`, at most lines_max of them (beyond, the answer is the log's start).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "docker/log_cursor.hpp"

namespace docker {

class LogSurvey {
 public:
  static constexpr std::uint64_t lines_max = 1'000'000;

  struct Options {
    bool tty = false;
    std::optional<std::uint64_t> lines;  // one of the two, or both: then what both allow
    std::optional<std::int64_t> since_ns;
    // Lines behind it do not count, unless all before it are too early; met by sight where that is possible.
    std::optional<Position> until;
    std::optional<Position> after{};  // with `lines`: nothing before it is wanted
  };
  // `log` says which log: its engine and container.
  LogSurvey(const Position& log, Options options);

  ReadPlan begin();
  LogCursor::Step take(const LogRecord& record);

  enum class Verdict { found, wider, broken };  // wider: ask again, begin() knows for what
  Verdict end(bool clean);
  // Only when found.
  const Position& position() const { return position_; }

 private:
  struct Track {
    bool begun = false;         // it showed a record
    bool known = false;         // and one that begins a line: marks are right from there on
    std::int64_t first_ns = 0;  // that one's stamp
    bool doubted = false;       // but not the first one, so a line before that is not counted
    std::int64_t max_ns = 0;
    Mark mark;
    std::uint64_t lines_before = 0;  // the lines of both streams before that one
  };
  struct Kept {
    LogStream stream;
    Mark mark;
    std::int64_t time_ns;
  };

  Verdict settle(bool clean);
  bool lines_leave_out_some() const;
  bool behind_until(const Line& line) const;
  bool begins_line(Track& track, const LogRecord& record);
  void take_line(const Line& line);
  Mark mark_without_lines(LogStream stream) const;

  Options options_;
  Position log_;
  std::optional<std::uint64_t> tail_;

  std::optional<LogSight> sight_;        // of `until`
  std::optional<LogSight> after_sight_;  // of `after`

  // This read's:
  LogLines lines_;
  std::array<Track, 2> tracks_;
  Position position_;
  std::uint64_t records_ = 0;
  std::uint64_t passed_ = 0;  // lines that position_ is behind
  bool past_until_ = false, past_after_ = false;
  std::uint64_t behind_after_ = 0;  // lines
  bool since_come_ = false;         // the first line of the time wanted; any, where none is
  bool counts_to_until_ = false;    // and it lay before `until`
  bool found_ = false;              // the first line of the time wanted
  std::deque<Kept> kept_;           // the lines behind position_
  std::int64_t window_ns_ = 0, last_ns_ = 0;
};

}  // namespace docker
