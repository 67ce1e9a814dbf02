#include "docker/log_sight.hpp"

#include <algorithm>

namespace docker {

void LogSight::begin() {
  streams_ = {};
  begun_ns_ = {};
  counted_ = 0;
  met_ = false;
}

void LogSight::take(const LogRecord& record) {
  if (!met_) {
    note_piece(record);
    std::int64_t& begun_ns = begun_ns_[index_of(record.stream)];
    if (begun_ns == 0) begun_ns = record.time_ns;
    if (record.stream != sought_.head || record.time_ns != sought_.head_ns()) return;
    ++counted_;
    const bool counted = sought_.stepped_ns == 0 && counted_ == sought_.mark(sought_.head).count;
    const bool by_its_end = sought_.stepped_ns != 0 || begun_ns_[index_of(record.stream)] == record.time_ns;
    if (possible() && (counted || (by_its_end && !record.may_go_on()))) meet();
    return;
  }
  Stream& stream = streams_[index_of(record.stream)];
  if (record.time_ns != stream.time_ns) stream.ended = stream.seen;  // what was open had ended
  stream.time_ns = record.time_ns;
  stream.seen = stream.seen.next(record.time_ns);
  if (!record.may_go_on()) stream.ended = stream.seen;
}

void LogSight::note_piece(const LogRecord& record) {
  Stream& stream = streams_[index_of(record.stream)];
  if (record.time_ns != stream.time_ns) stream.pieces = 0;
  stream.time_ns = record.time_ns;
  stream.pieces = record.may_go_on() ? stream.pieces + 1 : 0;
}

// The position stands before a line that is open on the other stream, unless it is known to be behind it.
void LogSight::meet() {
  met_ = true;
  for (LogStream stream : {LogStream::out, LogStream::err}) {
    Stream& s = streams_[index_of(stream)];
    s.seen = s.ended = sought_.mark(stream);
    const bool open = stream != sought_.head && s.pieces > 0 && s.seen.max_ns != s.time_ns;
    for (std::uint32_t i = 0; open && i < s.pieces; ++i) s.seen = s.seen.next(s.time_ns);
  }
}

}  // namespace docker
