// LogSight: watches a read for the record at which a position stands, and from there on counts as that position does.
//
// Marks compare only among those who know the same running maximum. After a backward step of the clock somebody who
// begins anew cannot know it, and marks of both kinds are about: two *reckonings* of one log. Then the log alone tells
// which of two positions is further, and what a place is called in the other reckoning. Pure; owned by one read.
#pragma once

#include <array>
#include <cstdint>

#include "docker/log_record.hpp"
#include "docker/position.hpp"

namespace docker {

class LogSight {
 public:
  explicit LogSight(const Position& sought) : sought_(sought) {}

  // A read begins.
  void begin();
  // Each record of the read, in its order.
  void take(const LogRecord& record);

  const Position& sought() const { return sought_; }
  // A bound stands at no record, so it cannot be met.
  bool possible() const { return sought_.mark(sought_.head).count > 0; }
  bool met() const { return met_; }
  // In the sought position's reckoning, once it was met: the mark of the stream's last record, and of its last line.
  const Mark& seen(LogStream stream) const { return streams_[index_of(stream)].seen; }
  const Mark& ended(LogStream stream) const { return streams_[index_of(stream)].ended; }

 private:
  struct Stream {
    Mark seen, ended;
    std::int64_t time_ns = 0;  // of the line that is open, or was the last
    std::uint32_t pieces = 0;  // of it, while it may go on
  };
  void note_piece(const LogRecord& record);
  void meet();

  Position sought_;
  std::array<Stream, 2> streams_ = {};
  std::array<std::int64_t, 2> begun_ns_ = {};  // a read may begin among the pieces of a line, and count too few of them
  std::uint32_t counted_ = 0;                  // records that are stamped as the sought one
  bool met_ = false;
};

}  // namespace docker
