#include "docker/log_landmark.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace docker {

LogLandmark::LogLandmark(const Position& sought) : sight_(sought) {}

LogLandmark::LogLandmark(const Position& end, const Position& start, Known known)
    : sight_(end), is_end_(true), known_(sight_->possible() ? known : Known::by_marks) {
  CHECK(same_log(start, end));
  awaited_ = known_ == Known::by_sight || (known_ == Known::untold && behind(end, start));
}

void LogLandmark::begin() {
  met_ = false;
  late_ns_ = 0;
  ended_ = {};
  if (sight_) sight_->begin();
}

bool LogLandmark::settle(const Marks& seen) {
  met_ = true;
  awaited_ = false;
  if (known_ == Known::by_marks) return false;
  if (!withheld_ && known_ == Known::untold && perhaps_late(seen)) {
    late_ns_ = at().mark(other(at().head)).max_ns;
    withheld_ = is_end_;
    return false;
  }
  if (!withheld_) return true;
  // A line that is open there may be called alike by both, though those before it were not.
  const auto foreign = [this](LogStream stream) { return ended_[index_of(stream)] > sight_->ended(stream); };
  const bool alike = seen == Marks{sight_->seen(LogStream::out), sight_->seen(LogStream::err)} &&
                     !foreign(LogStream::out) && !foreign(LogStream::err);
  ask_again(alike ? Known::by_marks : Known::by_sight);
  return false;
}

// A line whose end was known late was told behind records of the other stream that follow it: then its record is met
// before the position is reached, and the other stream's mark is of a record that is still to come. Or that mark is of
// another reckoning, and none comes.
bool LogLandmark::perhaps_late(const Marks& seen) const {
  const LogStream head = at().head, rest = other(head);
  const bool same_head = sight_->seen(head) == seen[index_of(head)];
  return at().stepped_ns == 0 && same_head && sight_->ended(rest) > seen[index_of(rest)];
}

void LogLandmark::note_late(const LogRecord& record) {
  if (late_ns_ == 0 || record.time_ns != late_ns_ || record.stream == at().head) return;
  late_ns_ = 0;
  if (is_end_) ask_again(Known::by_marks);
}

bool LogLandmark::end_of_log() {
  const bool not_late = std::exchange(late_ns_, 0) != 0;
  if (not_late && !is_end_) return true;
  if (not_late)
    ask_again(Known::by_sight);
  else if (withheld_due_)
    ask_again(Known::by_marks);
  return false;
}

void LogLandmark::ask_again(Known known) {
  unclear_ = true;
  known_ = known;
}

// By marks, what is behind the end is not delivered. As long as it is not known whether they compare, nothing is behind
// such a line, until the read shows where the end is.
bool LogLandmark::withhold(const Line& line) {
  ended_[index_of(line.stream)] = line.mark;
  if (!is_end_ || known_ == Known::by_sight) return false;
  const bool beyond = line.mark > at().mark(line.stream);
  if (known_ == Known::by_marks) return beyond;
  withheld_ = withheld_ || beyond;
  withheld_due_ = withheld_due_ || (withheld_ && !beyond);
  return withheld_;
}

Position LogLandmark::clip(const Position& from, Position to) {
  if (!is_end_) return to;
  for (LogStream stream : {LogStream::out, LogStream::err})
    to.mark(stream) = std::max(std::min(to.mark(stream), at().mark(stream)), from.mark(stream));
  if (to.marks != at().marks) return to;
  awaited_ = false;
  return at();
}

}  // namespace docker
