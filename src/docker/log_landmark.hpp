// LogLandmark: a position from elsewhere that a LogCursor looks out for, since it may be of another reckoning (ADR 5):
// the end of what is to be read, or only the one whose reckoning is to be taken. Says what lies before that end,
// whether it was met, and where it is not clear yet how marks compare. Pure.
//
// Owned by one cursor, which shows it each read from its beginning on. Bounds: one position and its LogSight. Not here:
// what the cursor itself knows, lines, what is done about a gap.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "docker/log_lines.hpp"
#include "docker/log_record.hpp"
#include "docker/log_sight.hpp"
#include "docker/position.hpp"

namespace docker {

class LogLandmark {
 public:
  // How an end is known: its marks compare with the cursor's, or only its record shows it.
  enum class Known { untold, by_marks, by_sight };
  using Marks = std::array<Mark, 2>;  // of the last record of each stream

  // Nothing is looked for.
  LogLandmark() = default;
  // Only its reckoning is to be taken.
  explicit LogLandmark(const Position& sought);
  // Nothing behind it is to be read, from `start` on.
  LogLandmark(const Position& end, const Position& start, Known known);

  // A read begins, and each of its records, in order.
  void begin();
  void take(const LogRecord& record) {
    if (sight_) sight_->take(record);
  }
  // To be asked behind each record from the one on that showed the cursor's own place, where its streams have come to
  // `seen`. True: from here on the cursor is to count as sight() does.
  bool meet(const Marks& seen) { return sight_ && sight_->met() && !met_ && settle(seen); }
  // A new record, behind meet().
  void note_late(const LogRecord& record);
  // The read came to the log's end. True: the cursor is to count as sight() does after all.
  bool end_of_log();

  // Whether the line is not to be delivered, nor any that is asked about after it.
  bool withhold(const Line& line);
  // What is missing behind `from`, up to `to`: no further than the end, which it may lead to.
  Position clip(const Position& from, Position to);

  bool is_end() const { return is_end_; }
  // Only if something is looked for.
  const Position& at() const { return sight_->sought(); }
  const LogSight& sight() const { return *sight_; }
  bool met() const { return met_; }  // in this read, where the cursor knows its place
  // The cursor's marks say nothing about the end before it is met.
  bool awaited() const { return awaited_; }
  // A line was withheld on a guess: until it is met or the log ends, marks do not show that the end is reached.
  bool guessed() const { return withheld_ && !met_; }
  // Read on with a landmark that is told known(): what was withheld may have been due, or more was due than marks show.
  bool unclear() const { return unclear_; }
  Known known() const { return known_; }
  // By its marks the cursor has not reached it, and it was not met: perhaps it lies before what was read.
  bool further_back(const Position& cursor) const {
    return sight_ && sight_->possible() && !sight_->met() && behind(cursor, at());
  }

 private:
  bool settle(const Marks& seen);
  bool perhaps_late(const Marks& seen) const;
  void ask_again(Known known);

  std::optional<LogSight> sight_;
  bool is_end_ = false;
  Known known_ = Known::untold;
  bool awaited_ = false;
  bool withheld_ = false;      // a line, since its mark is behind the end, and all after it
  bool withheld_due_ = false;  // one of these by its mark should have been delivered
  bool unclear_ = false;
  // This read's:
  Marks ended_ = {};  // of the last line of each stream
  bool met_ = false;
  std::int64_t late_ns_ = 0;  // a record so stamped, of the other stream, will show that the position was told late
};

}  // namespace docker
