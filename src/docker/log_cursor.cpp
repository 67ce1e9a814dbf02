#include "docker/log_cursor.hpp"

#include <algorithm>
#include <limits>

#include "base/check.hpp"

namespace docker {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
// A record may lie this far, by its stamp, from its place among the other stream's: 2.7 ms were seen (Docker 3.4).
constexpr std::int64_t kDisorderUsualNs = 10'000'000;   // where the other choice is a needless gap
constexpr std::int64_t kDisorderMaxNs = 5'000'000'000;  // where it is only another read

// What a read asks for: enough to overlap, and room for what came meanwhile. A read that shows at its first record that
// it does not reach back costs the daemon little, so growing by eight costs less than asking for much.
constexpr std::uint64_t kTailFirst = 256;
constexpr std::uint64_t kTailMin = 64;
constexpr std::uint64_t kTailUsualMax = 16'384;
constexpr std::uint64_t kTailMax = 1'048'576;  // beyond, reading it all from the front is cheaper for the daemon

// An anchor that is the last piece of its line, however many there are.
constexpr std::uint32_t kLineEnd = std::numeric_limits<std::uint32_t>::max();

constexpr std::size_t kHeldRecordsMax = 64;
constexpr std::size_t kHeldBytesMax = 256 * 1024;

}  // namespace

LogCursor::LogCursor(const Position& start, Options options)
    : options_(std::move(options)),
      position_(start),
      head_(start.head),
      lines_(options_.tty),
      horizon_ns_(kNever),
      tail_(kTailFirst) {
  if (options_.file_bytes > 0) watch_.emplace(options_.file_bytes);
  if (options_.until) CHECK(same_log(start, *options_.until));
  forget();
}

// Knows no more than the position says: which is how a reader starts, and how it goes on after a read that found its
// way on one stream but was cut off before the head.
void LogCursor::forget() {
  head_ = position_.head;
  for (LogStream stream : {LogStream::out, LogStream::err}) {
    Mark mark = position_.mark(stream);
    Track& t = track(stream);
    t = Track{};
    lines_.discard(stream);
    t.seen = mark;
    t.time_ns = mark.max_ns;
    t.nth = mark.count;
    t.ends_line = mark.count % LogLines::kPiecesMax != 0;  // else it may stand between the parts of a long one
    if (stream != head_ || position_.stepped_ns == 0) continue;
    t.time_ns = position_.stepped_ns;
    t.nth = kLineEnd;
  }
}

ReadPlan LogCursor::begin(bool follow) {
  CHECK(held_.empty());
  bool from_the_start = position_.mark(head_) == Mark{} && track(head_).seen == Mark{};
  plan_ = {from_the_start || lost_ != Lost::no ? std::nullopt : tail_, follow};
  records_ = fresh_ = 0;
  astray_ = doubted_ = false;
  matched_ = from_the_start;
  knew_both_ = tracks_[0].sure && tracks_[1].sure;
  for (Track& t : tracks_) {
    t.shown = t.passed = false;
    t.counted = 0;
  }
  if (watch_) watch_->begin();
  return plan_;
}

LogCursor::Step LogCursor::take(const LogRecord& record, std::int64_t arrived_ns, LogOut& out) {
  if (records_++ == 0) window_ns_ = record.time_ns;
  bool behind_a_gap = !held_.empty() || (lost_ == Lost::surely && !matched_);
  Place where = behind_a_gap ? Place::astray : place(record);
  switch (where) {
    case Place::old:
      if (plan_.follow && watch_) watch_->note(record.time_ns, arrived_ns);
      return Step::more;
    case Place::astray:
      if (lost_ == Lost::no || plan_.follow) return doubt(astray_);
      hold(record, out);
      return done() ? Step::stop : Step::more;
    case Place::torn:
      if ((lost_ == Lost::no && !matched_) || plan_.follow) return doubt(astray_);
      tear(record, out);
      break;
    case Place::fresh:
      break;
  }
  if (plan_.follow) {
    if (replayed(record) || (watch_ && watch_->suspects(record.time_ns))) {
      ++suspected_;
      return doubt(doubted_);
    }
    if (watch_) watch_->note(record.time_ns, arrived_ns);
  }
  accept(record, out);
  return done() ? Step::stop : Step::more;
}

LogCursor::Step LogCursor::doubt(bool& flag) {
  flag = true;
  return Step::stop;
}

// Is the record at or before the cursor, or behind it? A read is one stretch of the log, in the log's order, so what
// follows a stream's anchor is new, and what follows the head's is new on both streams, whatever its stamp.
LogCursor::Place LogCursor::place(const LogRecord& record) {
  Track& t = track(record.stream);
  bool head = record.stream == head_;
  if (t.passed) return Place::fresh;
  if (t.counted > 0) return count(t, record);
  if (t.sure && matched_) return pass(t);
  if (t.sure && !head) return record.time_ns > t.seen.max_ns ? Place::astray : Place::old;
  if (t.nth > 0 && record.time_ns == t.time_ns) return count(t, record);
  bool beyond = t.nth == 0 ? record.time_ns >= t.time_ns : record.time_ns > t.seen.max_ns;
  if (beyond) return place_beyond(t, record);
  // Stamped before the anchor: old, or behind the head under a clock that went back.
  if (matched_ && !head) return plan_.tail && !begins_line(record) ? Place::astray : pass(t);
  t.shown = true;
  return Place::old;
}

// The record comes after the anchor, which the read has not shown.
LogCursor::Place LogCursor::place_beyond(Track& t, const LogRecord& record) {
  bool whole = !plan_.tail;
  bool log_start = t.nth == 0 && t.time_ns == 0;
  if (log_start && matched_) return pass(t);
  if (record.stream == head_) {
    bool proved = t.nth == 0 && (t.shown || (whole && record.time_ns == t.time_ns));
    if (!proved) return Place::astray;
    match();
    return pass(t);
  }
  if (t.shown) return pass(t);
  // The other stream was silent for long. Its first record in the read may be a piece of a line that began before the
  // read did; in the whole log that line's beginning is gone.
  if (!whole) return matched_ && begins_line(record) ? pass(t) : Place::astray;
  // Before the head there can only be pieces of a line that was open at the position, so begun before the head.
  if (!matched_ && record.time_ns > track(head_).seen.max_ns) return Place::astray;
  return log_start || !options_.rotates || record.time_ns > window_ns_ + kDisorderUsualNs ? pass(t) : Place::torn;
}

// A piece of a line that began before the read did is stamped before the read's own beginning.
bool LogCursor::begins_line(const LogRecord& record) const {
  return record.time_ns > std::min(horizon_ns_, window_ns_) + kDisorderMaxNs;
}

// Counts to the anchor. Where the read, or a rotated log, begins among the pieces of its line, the count is too low:
// then it is only good if it was the line's last piece and all of them are shown.
LogCursor::Place LogCursor::count(Track& t, const LogRecord& record) {
  if (t.counted == 0) t.first_shown = shows_first_piece(t, record);
  bool all_of_line = (t.ends_line || t.nth == kLineEnd) && record.time_ns == t.time_ns;
  if (!t.first_shown && !all_of_line) return Place::astray;
  if (record.time_ns > t.seen.max_ns) return Place::astray;  // fewer than were counted: not the log that we know
  bool reached_it = t.nth == kLineEnd ? !record.may_go_on() : ++t.counted == t.nth;
  if (!reached_it) return Place::old;
  t.passed = t.sure = true;
  if (record.stream == head_) match();
  return Place::old;
}

bool LogCursor::shows_first_piece(const Track& t, const LogRecord& record) const {
  bool whole = !plan_.tail;
  bool began_in_read = record.time_ns > window_ns_ + (whole ? kDisorderUsualNs : kDisorderMaxNs);
  bool not_rotated_since = whole && (!options_.rotates || window_ns_ == log_start_ns_);
  return t.shown || began_in_read || not_rotated_since;
}

LogCursor::Place LogCursor::pass(Track& t) {
  t.passed = t.sure = true;
  return Place::fresh;
}

void LogCursor::match() {
  matched_ = true;
  lost_ = Lost::no;
  horizon_ns_ = std::min(horizon_ns_, window_ns_);
}

// Old engines repeat records in a follow. Another look without follow tells a repeat from a clock that went back.
bool LogCursor::replayed(const LogRecord& record) const {
  if (!options_.replays) return false;
  const Track& t = tracks_[index_of(record.stream)];
  return record.time_ns < t.seen.max_ns || (record.time_ns == t.seen.max_ns && !lines_.open(record.stream));
}

void LogCursor::accept(const LogRecord& record, LogOut& out) {
  Track& t = track(record.stream);
  t.seen = t.seen.next(record.time_ns);
  t.nth = record.time_ns == t.time_ns && t.nth != kLineEnd ? t.nth + 1 : 1;
  t.time_ns = record.time_ns;
  t.ends_line = !record.may_go_on();
  if (matched_) head_ = record.stream;
  ++fresh_;
  lines_.take(record, t.seen, [this, &out](const Line& line) { emit(line, out); });
}

void LogCursor::emit(const Line& line, LogOut& out) {
  if (options_.until && line.mark > options_.until->mark(line.stream)) return;
  if (matched_)
    reach(position_, line);
  else
    position_.mark(line.stream) = line.mark;
  out.on_line(line);
}

// The head is in the log, but the other stream's last line is not, and the beginning of its next one may be gone too.
void LogCursor::tear(const LogRecord& record, LogOut& out) {
  Position to = position_;
  to.mark(record.stream) = {record.time_ns, 0};
  track(record.stream).seen = to.mark(record.stream);
  lines_.discard(record.stream);
  announce(to, "rotated", out);
  pass(track(record.stream));
}

// Where a gap ends is told by the first record of each stream behind it, so a few are looked at before it is said.
void LogCursor::hold(const LogRecord& record, LogOut& out) {
  held_.push_back({record.stream, record.time_ns, std::string(record.payload)});
  held_bytes_ += record.payload.size();
  if (held_.size() >= kHeldRecordsMax || held_bytes_ >= kHeldBytesMax) settle_gap(out);
}

void LogCursor::settle_gap(LogOut& out) {
  std::vector<Held> held = std::exchange(held_, {});
  held_bytes_ = 0;
  Position to = position_;
  bool clock = false;
  for (LogStream stream : {LogStream::out, LogStream::err}) {
    Track& t = track(stream);
    auto first = std::find_if(held.begin(), held.end(), [&](const Held& record) { return record.stream == stream; });
    bool present = first != held.end();
    std::int64_t time = present ? first->time_ns : held.back().time_ns;
    bool stepped = present && time <= t.seen.max_ns;
    clock = clock || stepped;
    // Marks never go back: behind a step of the clock the missing records count as one.
    if (time > t.seen.max_ns) t.seen = {time, 0};
    if (stepped) ++t.seen.count;
    t.time_ns = time;
    t.nth = 0;
    t.passed = t.sure = true;
    to.mark(stream) = t.seen;
    lines_.discard(stream);
  }
  head_ = to.head = held.front().stream;
  // Nothing is stamped so: who goes on from here finds its place by the gap alone.
  to.stepped_ns = held.front().time_ns < to.mark(head_).max_ns ? held.front().time_ns - 1 : 0;
  match();
  // Where the log's own marks are lost, nothing says which of its records lie before `until`.
  announce(options_.until && clock ? *options_.until : to, clock ? "clock" : "rotated", out);
  for (const Held& record : held) {
    if (!done()) accept({record.stream, record.time_ns, record.payload}, out);
  }
}

void LogCursor::announce(const Position& to, std::string_view reason, LogOut& out) {
  Gap gap{position_, to, reason};
  if (options_.until) {
    for (LogStream stream : {LogStream::out, LogStream::err})
      gap.to.mark(stream) = std::max(std::min(to.mark(stream), options_.until->mark(stream)), position_.mark(stream));
  }
  position_ = gap.to;
  out.on_gap(gap);
}

LogCursor::Verdict LogCursor::end(bool clean, LogOut& out) {
  if (!clean) held_.clear();  // too little was seen to say where the gap ends
  if (!held_.empty()) settle_gap(out);
  if (done()) return Verdict::reached;
  if (!matched_ && !knew_both_) forget();
  if (astray_) {
    if (!plan_.tail && !plan_.follow) {
      lost_ = std::max(lost_, Lost::doubtful);
      return Verdict::later;
    }
    bool same_start = std::exchange(astray_ns_, window_ns_) == window_ns_;
    widen();
    if (same_start) tail_ = std::nullopt;  // more was asked for, and no more was there
    return Verdict::wider;
  }
  if (!clean || doubted_ || plan_.follow) return Verdict::broken;
  return matched_ ? end_at_log_end(out) : end_without_match(out);
}

LogCursor::Verdict LogCursor::end_at_log_end(LogOut& out) {
  bool all_shown = !plan_.tail || records_ < *plan_.tail;
  total_ = all_shown ? std::optional(records_) : std::nullopt;
  if (all_shown && records_ > 0) log_start_ns_ = window_ns_;
  tail_ = std::clamp(kTailMin + 4 * fresh_, kTailMin, kTailUsualMax);
  if (all_shown && records_ < kTailMin) tail_ = std::nullopt;
  if (!options_.until) return Verdict::caught_up;
  for (LogStream stream : {LogStream::out, LogStream::err}) {
    bool wanted = lines_.open(stream) && lines_.held_mark(stream) <= options_.until->mark(stream);
    if (wanted) lines_.flush(stream, [this, &out](const Line& line) { emit(line, out); });
  }
  return reached(true) ? Verdict::reached : end_short_of_until(out);
}

// Nothing more is in the log: what lies before `until` was lost while we read, or its marks are of another reckoning.
LogCursor::Verdict LogCursor::end_short_of_until(LogOut& out) {
  if (!std::exchange(short_of_until_, true)) return Verdict::later;
  announce(merge(position_, *options_.until), "reader", out);
  return Verdict::reached;
}

LogCursor::Verdict LogCursor::end_without_match(LogOut& out) {
  if (records_ == 0) {  // an empty log: what it had is gone, but nothing was written since
    lost_ = std::max(lost_, Lost::doubtful);
    return options_.until ? end_short_of_until(out) : Verdict::caught_up;
  }
  if (!plan_.tail) {  // the whole log is stamped before the head, which is not in it
    lost_ = lost_ == Lost::no ? Lost::doubtful : Lost::surely;
    return Verdict::later;
  }
  if (records_ < *plan_.tail) total_ = records_;
  widen();
  return Verdict::wider;
}

void LogCursor::widen() {
  if (tail_) tail_ = *tail_ * 8;
  if (tail_ > kTailMax || (total_ && tail_ > total_)) tail_ = std::nullopt;
}

void LogCursor::flush(LogOut& out) {
  for (LogStream stream : {LogStream::out, LogStream::err})
    lines_.flush(stream, [this, &out](const Line& line) { emit(line, out); });
}

bool LogCursor::done() const { return options_.until && reached(false); }

// A bound says nothing about a record that could be waited for: only the log's end shows that it was reached.
bool LogCursor::reached(bool at_log_end) const {
  const Position& until = *options_.until;
  if (covers(position_, until)) return true;
  for (LogStream stream : {LogStream::out, LogStream::err}) {
    Mark wanted = until.mark(stream);
    if (at_log_end && wanted.count == 0) continue;
    if (tracks_[index_of(stream)].seen < wanted) return false;
    if (lines_.open(stream) && lines_.held_mark(stream) <= wanted) return false;
  }
  return true;
}

}  // namespace docker
