// LogLines: joins the records of a log into lines, per stream.
//
// A line goes on iff its piece has no newline and 16 KiB, and the stream's next record has the same timestamp (Docker
// 3.3): true of both engines and every driver, also where the last piece of a long line has no newline (`local` before
// 23.0). A piece that may go on is therefore held until the stream's next record says what it was. A line over 1 MiB is
// cut every pieces_max pieces, wherever the reader began, so that all readers cut alike; the last part is the one that
// ends it. Owned by one read or reader. Bound: one part of a line per stream. Text stays raw bytes here, never checked
// as UTF-8.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "docker/log_record.hpp"
#include "docker/position.hpp"

namespace docker {

struct Line {
  LogStream stream = LogStream::out;
  bool partial = false;  // goes on in the stream's next Line
  std::int64_t time_ns = 0;
  Mark mark;              // of its last record: distinct for every Line of a stream, also for the parts of a long one
  std::string_view text;  // without its newline; borrowed
};

// The position behind the line, or behind the part of one: what readers and instances compare, and go on from.
inline void reach(Position& position, LogStream stream, const Mark& mark, std::int64_t time_ns) {
  position.mark(stream) = mark;
  position.head = stream;
  position.stepped_ns = time_ns < mark.max_ns ? time_ns : 0;
}
inline void reach(Position& position, const Line& line) { reach(position, line.stream, line.mark, line.time_ns); }

// Where somebody stands in a log. The two differ between the parts of a line that is too long to be held.
struct Standpoint {
  Position told;     // what a client is told: before the line until its last part
  Position reached;  // behind the last part

  Standpoint() = default;
  explicit Standpoint(const Position& at) : told(at), reached(at) {}
  Standpoint(const Position& told_at, const Position& reached_at) : told(told_at), reached(reached_at) {}

  void take(LogStream stream, bool partial, const Mark& mark, std::int64_t time_ns) {
    reach(reached, stream, mark, time_ns);
    if (!partial) reach(told, stream, mark, time_ns);
    if (told.marks == reached.marks) told = reached;
  }
  // Nothing up to `position` is to come any more.
  void advance(const Position& position) {
    const Standpoint before = *this;
    reached = merge(reached, position);
    told = reached;
    for (std::size_t i = 0; i < 2; ++i) {
      const bool open = before.told.marks[i] != before.reached.marks[i];
      if (open && reached.marks[i] == before.reached.marks[i]) told.marks[i] = before.told.marks[i];
    }
    if (told.marks != reached.marks && told.mark(told.head) != reached.mark(told.head)) {
      told.head = before.told.head;
      told.stepped_ns = before.told.stepped_ns;
    }
  }
  // The same place, by its name in another reckoning.
  void rename(const Position& name) {
    if (!between_parts()) told = name;
    reached = name;
  }
  bool between_parts() const { return told.marks != reached.marks; }
};

class LogLines {
 public:
  static constexpr std::uint32_t pieces_max = 64;

  explicit LogLines(bool tty) : tty_(tty) {}

  // Takes the stream's next record, at this mark; calls emit(const Line&) for what it completes: none, one or two
  // lines.
  template <class Emit>
  void take(const LogRecord& record, Mark mark, Emit&& emit) {
    Held& held = held_[index_of(record.stream)];
    if (held.open && held.time_ns != record.time_ns) {
      emit(line_of(record.stream, false));
      held.clear();
    }
    if (held.open && held.pieces == pieces_max) {
      emit(line_of(record.stream, true));
      held.start_part();
    }
    if (!held.open && !record.may_go_on()) {
      emit(Line{record.stream, false, record.time_ns, mark, trimmed(record.payload)});
      return;
    }
    held.add(record, mark);
    if (record.may_go_on()) return;
    emit(line_of(record.stream, false));
    held.clear();
  }

  // The run is over, nothing will follow: what is held is a line.
  template <class Emit>
  void flush(LogStream stream, Emit&& emit) {
    if (held_[index_of(stream)].pieces > 0) emit(line_of(stream, false));
    discard(stream);
  }
  void discard(LogStream stream) { held_[index_of(stream)].clear(); }

  // The stream's marks are called otherwise from now on: this is its last record's.
  void remark(LogStream stream, const Mark& mark) { held_[index_of(stream)].mark = mark; }

  // A line of this stream has begun and may go on.
  bool open(LogStream stream) const { return held_[index_of(stream)].open; }
  // The mark that the held line would have if it ended now; only while open().
  Mark held_mark(LogStream stream) const { return held_[index_of(stream)].mark; }
  // What there is of it so far, of this part.
  std::string_view held_text(LogStream stream) const { return held_[index_of(stream)].text; }

 private:
  struct Held {
    bool open = false;
    std::uint32_t pieces = 0;  // of this part
    std::int64_t time_ns = 0;
    Mark mark;
    std::string text;

    void add(const LogRecord& record, Mark record_mark);
    void start_part();
    void clear();
  };

  Line line_of(LogStream stream, bool partial) const;
  std::string_view trimmed(std::string_view payload) const;

  bool tty_;
  std::array<Held, 2> held_;
};

}  // namespace docker
