// LogCursor: reads a container's log on from a position, over any number of reads, without a loss or a repeat that it
// does not announce. A pure class: it says what to ask, is given the records, says what is new. docs/log-cursor.md
// explains the rules and why they hold.
//
// Owned by one reader, on its thread. Bounds: one part of a long line per stream (1 MiB, three where the driver
// replaced every byte), and while a gap is being measured 1,024 records or 256 KiB. Not here: requests, time, what to
// do with lines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "docker/lag_watch.hpp"
#include "docker/log_landmark.hpp"
#include "docker/log_lines.hpp"
#include "docker/log_record.hpp"
#include "docker/position.hpp"

namespace docker {

// A request to /containers/{id}/logs: always both streams, always timestamps=1, never since (the engines disagree on
// it).
struct ReadPlan {
  std::optional<std::uint64_t> tail;  // records of both streams from the log's end; nothing: all
  bool follow = false;
  std::optional<std::int64_t> until_ns = {};  // only of a LogSurvey that knows how far from the log's end it looks
};

// What is missing: everything behind `from`, up to and with `to`, on either stream.
struct Gap {
  Position from, to;
  std::string_view reason;  // protocol.md: rotated, clock, reader
};

class LogOut {
 public:
  virtual void on_line(const Line& line) = 0;
  virtual void on_gap(const Gap& gap) = 0;
  // Where the reader stands is called so from here on: `Options::sought` was met, and is of another reckoning.
  virtual void on_reckoning(const Position&) {}

 protected:
  ~LogOut() = default;
};

class LogCursor {
 public:
  struct Options {
    bool tty = false;
    bool rotates = true;            // the beginning of the log may be gone
    bool replays = false;           // an engine before 23.0: a follow may repeat records
    std::int64_t file_bytes = 0;    // max-size where the log rotates and a follow needs the lag watch; else 0
    std::optional<Position> until;  // deliver nothing behind it; it was taken before the first read began
    LogLandmark::Known until_is = LogLandmark::Known::untold;
    // A position that may be of another reckoning: where it is met, marks go on in its own. Not with `until`, which is
    // sought anyway.
    std::optional<Position> sought;
  };
  LogCursor(const Position& start, const Options& options);

  // A read begins; ask for this. The time is our wall clock's, as all that are passed in.
  ReadPlan begin(bool follow, std::int64_t now_ns = 0);

  enum class Step { more, stop };  // stop: close this read and end() it
  Step take(const LogRecord& record, std::int64_t arrived_ns, LogOut& out);

  enum class Verdict {
    caught_up,  // everything up to the read's end was delivered, or announced as a gap
    reached,    // everything up to Options::until was
    wider,      // it did not reach back to the position, or too far: ask again, begin() knows for how much
    later,      // perhaps it met a rotation: ask again after a moment
    broken,     // cut off, or a follow that ended or cannot be trusted: read on without follow
    again,      // it was not known how to compare with `until`: read on from position() with a cursor that is told
  };
  // `clean`: the body came to its proper end.
  Verdict end(bool clean, LogOut& out);

  // The run is over and read to its end: what may have gone on is a line.
  void flush(LogOut& out);
  // The log is gone. Unless a follow showed the run to its end, a line that is open has lost its rest.
  void flush_removed(LogOut& out);
  bool open() const { return lines_.open(LogStream::out) || lines_.open(LogStream::err); }

  // After Verdict::again.
  LogLandmark::Known until_is() const { return landmark_.known(); }

  // Behind the last Line delivered, parts of long ones included (docker::reach).
  const Position& position() const { return position_; }
  bool done() const;                                      // at or behind Options::until
  bool proved() const { return matched_; }                // this read showed what the cursor knows
  std::uint64_t fresh() const { return fresh_; }          // records of this read that were new
  std::uint64_t suspected() const { return suspected_; }  // follows ended by the lag watch, or by a replay

 private:
  static constexpr std::uint32_t at_line_end = UINT32_MAX;
  static constexpr std::uint64_t tail_first = 256;
  static constexpr std::uint64_t tail_short = 1024;

  // Where a stream stands.
  struct Track {
    Mark seen;           // of the last record taken, line or not
    bool known = false;  // whether a line is open there: we read up to here ourselves, or saw it since
    // How the last record is recognised: the nth from the stream's first record stamped time_ns on; at_line_end: the
    // one that ends its line. nth 0 is a bound: it stands before the first record stamped so, or later.
    std::int64_t time_ns = 0;
    std::uint32_t nth = 0;
    bool ends_line = true;
    std::int64_t uncounted_ns = 0;  // of a line whose first pieces may be gone: its marks are too low
    // This read's:
    bool shown = false;        // a record before that one, or of another line
    std::int64_t read_ns = 0;  // the stamp of its last record
  };
  struct Held {
    LogStream stream;
    std::int64_t time_ns;
    std::string payload;
    LogRecord record() const { return {stream, time_ns, payload}; }
  };
  enum class Place { old, fresh, astray, torn };

  void stand_at(const Position& start);
  void read_first_pieces_again();
  bool is_first_piece(const LogRecord& record);
  bool nothing_told() const { return position_.marks == LogLandmark::Marks{}; }
  Track& track(LogStream stream) { return tracks_[index_of(stream)]; }
  Place place(const LogRecord& record);
  Place place_head(const LogRecord& record);
  Place place_other(const LogRecord& record);
  Place place_first(const LogRecord& record);
  bool first_piece_shown(const Track& track, std::int64_t time_ns, std::int64_t begun_ns) const;
  bool begins_behind_other() const;
  bool not_rotated(const Track& track) const;
  bool clock_went_back() const;
  Place match(Place place);
  Place adopt_open_line(LogOut& out);
  bool replayed(const LogRecord& record) const;
  Step doubt(bool& flag);
  LogLandmark::Marks seen() const { return {tracks_[0].seen, tracks_[1].seen}; }
  void look_for_landmark(LogOut& out);
  void take_reckoning(LogOut& out);
  Place beyond();
  void accept(const LogRecord& record, LogOut& out);
  void emit(const Line& line, bool is_head, LogOut& out);
  void tear(const LogRecord& record, std::uint32_t missing, LogOut& out);
  void hold(const LogRecord& record, LogOut& out);
  void settle_gap(LogOut& out);
  void announce(const Position& to, std::string_view reason, LogOut& out);
  Verdict end_read(bool clean, LogOut& out);
  Verdict end_cut_off();
  Verdict end_at_log_end(LogOut& out);
  Verdict end_short_of_until(LogOut& out);
  Verdict end_without_match(LogOut& out);
  Verdict end_of_look_back();
  void widen();
  bool reached(bool at_log_end) const;

  bool tty_, rotates_, replays_;  // of Options
  Position position_;
  LogStream head_{};  // the stream of the last record taken, in the log's order
  std::array<Track, 2> tracks_;
  LogLines lines_;
  LogLandmark landmark_;  // until, or sought
  std::optional<LagWatch> watch_;
  std::int64_t horizon_ns_;             // the stamp at the start of the reads that were proved
  std::int64_t log_start_ns_ = 0;       // the log's first stamp, when a read last showed it
  std::optional<std::uint64_t> tail_;   // the next read's
  std::uint64_t too_small_ = 0;         // a tail that did not reach back to the head
  std::optional<std::uint64_t> total_;  // the log's records, if a read showed them all and none went since
  enum class Lost { no, doubtful, surely } lost_ = Lost::no;  // how often the whole log did not show the head
  std::int64_t astray_ns_ = 0;                                // the first stamp of the last read that was not proved
  bool short_of_until_ = false;                               // a proved read ended before it
  bool cut_off_ = false;                                      // the last read did not come to its end
  std::string first_piece_;                                   // of the first line behind a gap, when it was read last
  bool run_shown_ = false;                                    // by the last read, a follow, to its end
  std::uint64_t suspected_ = 0;
  bool log_stepped_ = false;  // a read showed that the clock went back within the log
  bool went_back_ = false;    // surely: the record that showed it begins a line
  bool looked_back_ = false;  // for that, since the whole log did not show the head

  // This read's:
  ReadPlan plan_;
  std::uint64_t records_ = 0, fresh_ = 0;
  std::int64_t window_ns_ = 0;  // the stamp of its first record
  std::int64_t begun_ns_ = 0;   // of the first one that surely begins a line
  bool matched_ = false;        // the head was shown
  std::uint32_t counted_ = 0;   // of the head's nth
  bool count_good_ = false;     // from its line's first piece
  bool astray_ = false, doubted_ = false;
  bool starts_beyond_ = false;      // its first record lies behind the head, by its stamp
  std::int64_t latest_ns_ = 0;      // of all stamps
  std::vector<Held> open_;          // of the other stream, before the head: the pieces of a line that may be open there
  std::uint32_t open_dropped_ = 0;  // pieces of that line before these
  std::vector<Held> held_;          // behind a gap whose end is not settled
  std::size_t held_bytes_ = 0;
};

}  // namespace docker
