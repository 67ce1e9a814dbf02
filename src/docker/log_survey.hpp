// LogSurvey: finds the position from which somebody wants to read: behind all but the last N lines (0: the present), or
// before the first line stamped at or after a time. Reading from there is LogCursor's.
//
// `tail` counts lines of both streams, before any choice of streams, as Docker's CLI counts records; unlike it, a long
// line is one line and is never shown from its middle. A pure class like the cursor, and asks as it does: a read with
// `tail` may begin among the pieces of a line, so each stream is believed only from a record on that begins one.
// With `page_bytes` it keeps the text of these lines, too: they are a page of the log, and paging back is a survey that
// ends where the page before began. How far from the log's end that is (depth()) spares the next one a search, and lets
// the Engine leave out all that lies behind: nothing before a position is stamped later than its marks.
// Bound: 48 bytes for each line of `lines`, at most lines_max of them (beyond, the answer is the log's start); of a
// page page_bytes, or one line, of which no more than line_bytes_max.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "docker/log_cursor.hpp"

namespace docker {

class LogSurvey {
 public:
  static constexpr std::uint64_t lines_max = 1'000'000;
  static constexpr std::size_t line_bytes_max = 8 * 1024 * 1024;  // of a page

  struct Options {
    bool tty = false;
    std::optional<std::uint64_t> lines;  // one of the two, or both: then what both allow
    std::optional<std::int64_t> since_ns;
    // Lines behind it do not count, unless all before it are too early; met by sight where that is possible.
    std::optional<Position> until;
    std::optional<Position> after{};  // with `lines`: nothing before it is wanted
    // The lines are a page of so many bytes at most; 0: only their position is wanted. `lines` must be given.
    std::size_t page_bytes = 0;
    std::optional<std::uint64_t> depth = {};  // so many records lie behind `until`, or a few less
    bool over = false;                        // nothing runs that could write more: what may have gone on is a line
  };
  struct Text {
    std::string bytes;
    std::vector<std::size_t> cuts;  // where LogLines cut a long line
    bool too_long = false;          // for a page: bytes are missing
  };
  struct Kept {
    LogStream stream;
    Mark mark;
    std::int64_t time_ns;
    std::uint64_t record;        // its last one in the read
    std::unique_ptr<Text> text;  // of a page
  };
  // `log` says which log: its engine and container.
  LogSurvey(const Position& log, Options options);

  ReadPlan begin();
  LogCursor::Step take(const LogRecord& record);

  enum class Verdict { found, wider, broken };  // wider: ask again, begin() knows for what
  Verdict end(bool clean);
  // Only when found.
  const Position& position() const { return position_; }
  // The lines behind it, in the log's order; of a page.
  const std::deque<Kept>& lines() const { return kept_; }
  // There are lines before it.
  bool more() const { return passed_ > 0; }
  // So many records lie behind it, or a few less; nothing where that is not known.
  std::optional<std::uint64_t> depth() const;

 private:
  struct Track {
    bool begun = false;                // it showed a record
    bool known = false;                // and one that begins a line: marks are right from there on
    std::int64_t first_ns = 0;         // that one's stamp
    bool doubted = false;              // but not the first one, so a line before that is not counted
    std::uint64_t doubted_record = 0;  // the last such record
    bool may_go_on = false;            // and its line
    std::int64_t max_ns = 0;
    Mark mark;
    std::uint64_t last_record = 0;   // in the read
    std::uint64_t lines_before = 0;  // the lines of both streams before that one
  };
  Verdict settle(bool clean);
  bool lines_leave_out_some() const;
  void look_wider(bool unmet);
  bool behind_until(const Line& line) const;
  void gather(const Line& line);
  void flush_ends();
  bool full() const;
  bool begins_line(Track& track, const LogRecord& record);
  void take_line(const Line& line, std::uint64_t record);
  Mark mark_without_lines(LogStream stream) const;

  Options options_;
  Position log_;
  std::uint64_t span_;                                           // records to be shown before `until`, or the log's end
  std::optional<std::uint64_t> tail_;                            // the next read's; nothing: the whole log
  bool ends_early_ = false;                                      // and its end is `until`, not the log's
  std::optional<std::pair<std::int64_t, std::uint64_t>> shown_;  // by the last read that did: first stamp, records

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
  std::size_t kept_bytes_ = 0;
  std::uint64_t passed_records_ = 0;           // of this read, up to the last line that position_ is behind
  std::array<std::unique_ptr<Text>, 2> open_;  // of a page's lines that go on
  std::int64_t window_ns_ = 0, last_ns_ = 0;
};

}  // namespace docker
