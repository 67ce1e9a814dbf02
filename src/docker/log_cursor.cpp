#include "docker/log_cursor.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.hpp"
#include "base/planted.hpp"

namespace docker {
namespace {

constexpr std::int64_t never_ns = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t held_records_max = 1024;
constexpr std::size_t held_bytes_max = 256 * 1024;

LogLandmark landmark_of(const LogCursor::Options& options, const Position& start) {
  if (options.until) return LogLandmark(*options.until, start, options.until_is);
  return options.sought ? LogLandmark(*options.sought) : LogLandmark();
}

}  // namespace

LogCursor::LogCursor(const Position& start, const Options& options)
    : tty_(options.tty),
      rotates_(options.rotates),
      replays_(options.replays),
      position_(start),
      lines_(options.tty),
      landmark_(landmark_of(options, start)),
      horizon_ns_(never_ns),
      tail_(tail_first) {
  if (options.file_bytes > 0) watch_.emplace(options.file_bytes);
  stand_at(start);
}

void LogCursor::stand_at(const Position& start) {
  head_ = start.head;
  for (LogStream stream : {LogStream::out, LogStream::err}) {
    Mark mark = start.mark(stream);
    Track& t = track(stream) = Track{};
    t.seen = mark;
    t.time_ns = mark.max_ns;
    t.nth = mark.count;
    t.ends_line = mark.count % LogLines::pieces_max != 0;  // else it may stand between the parts of a long line
  }
  if (start.stepped_ns != 0) {
    track(head_).time_ns = start.stepped_ns;
    track(head_).nth = at_line_end;
  }
}

ReadPlan LogCursor::begin(bool follow, std::int64_t now_ns) {
  CHECK(held_.empty());
  const bool first_of_log = std::exchange(cut_off_, false) && nothing_told();
  const bool first_of_gap = position_.mark(position_.head).count == 0 && !nothing_told() && lost_ == Lost::no;
  if (first_of_log || (first_of_gap && lines_.open(position_.head))) read_first_pieces_again();
  const Track& head = track(head_);
  bool from_the_start = head.seen == Mark{};
  plan_ = {from_the_start || lost_ != Lost::no ? std::nullopt : tail_, follow};
  if (lost_ == Lost::doubtful && !looked_back_) plan_.tail = tail_short;
  records_ = fresh_ = 0;
  matched_ = from_the_start;
  if (from_the_start)
    for (Track& t : tracks_) t.known = t.known || t.seen == Mark{};
  counted_ = 0;
  astray_ = doubted_ = starts_beyond_ = false;
  latest_ns_ = 0;
  landmark_.begin();
  for (Track& t : tracks_) t.shown = false, t.read_ns = 0;
  begun_ns_ = 0;
  open_.clear();
  open_dropped_ = 0;
  if (watch_) watch_->begin(now_ns);
  return plan_;
}

// Behind a gap, or at a log's beginning, of which nothing was told yet: where a line is open there, its pieces cannot
// be counted, since nothing is known of what was written before them.
void LogCursor::read_first_pieces_again() {
  first_piece_ = lines_.held_text(position_.head).substr(0, piece_bytes);
  stand_at(position_);
  lines_ = LogLines(tty_);
}

// The one that was there when the line was read last; else rotation took that meanwhile.
bool LogCursor::is_first_piece(const LogRecord& record) {
  const std::string first = std::exchange(first_piece_, {});
  const std::size_t common = std::min(first.size(), record.payload.size());
  return record.payload.substr(0, common) == std::string_view(first).substr(0, common);
}

LogCursor::Step LogCursor::take(const LogRecord& record, std::int64_t arrived_ns, LogOut& out) {
  if (records_++ == 0) {
    if (too_small_ > 0 && record.time_ns > window_ns_ + disorder_max_ns)
      log_stepped_ = true;  // it reaches back further
    window_ns_ = record.time_ns;
  }
  if (record.time_ns + disorder_max_ns < latest_ns_) log_stepped_ = true;
  latest_ns_ = std::max(latest_ns_, record.time_ns);
  const std::int64_t before_ns = std::exchange(track(record.stream).read_ns, record.time_ns);
  const bool begins_line = before_ns != 0 && record.time_ns != before_ns;
  if (begins_line && begun_ns_ == 0) begun_ns_ = record.time_ns;
  // A piece that comes late shows no step: it is stamped as its line's first.
  if (begins_line && record.time_ns + disorder_max_ns < latest_ns_) went_back_ = true;
  landmark_.take(record);
  bool matched = matched_;
  bool behind_a_gap = !held_.empty() || (lost_ == Lost::surely && !matched_);
  Place where = behind_a_gap ? Place::astray : place(record);
  if (matched_ && !matched && adopt_open_line(out) == Place::astray) return doubt(astray_);
  switch (where) {
    case Place::old:
      if (plan_.follow && watch_) watch_->note(record.time_ns, arrived_ns);
      look_for_landmark(out);
      // All that was there is shown, and the log may stay silent.
      if (plan_.follow && !matched_ && plan_.tail == records_) return doubt(astray_);
      return matched_ && done() ? Step::stop : Step::more;
    case Place::astray:
      // A short read looks back and passes over what lies beyond: a gap must not begin behind that.
      if (matched_ || lost_ == Lost::no || plan_.follow || plan_.tail) return doubt(astray_);
      hold(record, out);
      return done() ? Step::stop : Step::more;
    case Place::torn:
      if (plan_.follow) return doubt(astray_);
      tear(record, 0, out);
      break;
    case Place::fresh:
      if (!first_piece_.empty() && record.stream == position_.head && !is_first_piece(record)) tear(record, 0, out);
      break;
  }
  if (plan_.follow) {
    if (replayed(record) || (watch_ && watch_->suspects(record.time_ns) && !base::planted::unwatched_lag)) {
      ++suspected_;
      return doubt(doubted_);
    }
    if (watch_) watch_->note(record.time_ns, arrived_ns);
  }
  accept(record, out);
  look_for_landmark(out);
  landmark_.note_late(record);
  return done() ? Step::stop : Step::more;
}

LogCursor::Step LogCursor::doubt(bool& flag) {
  flag = true;
  return Step::stop;
}

// Old engines repeat records in a follow. Another look without follow tells a repeat from a clock that went back.
bool LogCursor::replayed(const LogRecord& record) const {
  if (!replays_) return false;
  const Track& t = tracks_[index_of(record.stream)];
  return record.time_ns < t.seen.max_ns || (record.time_ns == t.seen.max_ns && !lines_.open(record.stream));
}

void LogCursor::accept(const LogRecord& record, LogOut& out) {
  if (base::planted::lost_head_record && plan_.follow && fresh_++ == 0) return;
  Track& t = track(record.stream);
  if (t.seen == Mark{}) t.uncounted_ns = record.time_ns;
  t.seen = t.seen.next(record.time_ns);
  t.nth = record.time_ns == t.time_ns && t.nth != at_line_end && !base::planted::wrong_count ? t.nth + 1 : 1;
  t.time_ns = record.time_ns;
  t.ends_line = !record.may_go_on();
  ++fresh_;
  if (total_) ++*total_;
  LogStream head = std::exchange(head_, record.stream);
  lines_.take(record, t.seen, [&](const Line& line) {
    bool late = line.mark != t.seen;  // its end is told by this record, and the other stream may have come between
    emit(line, !late || head == line.stream, out);
  });
}

void LogCursor::emit(const Line& line, bool is_head, LogOut& out) {
  if (landmark_.withhold(line)) return;
  first_piece_.clear();
  if (is_head)
    reach(position_, line);
  else
    position_.mark(line.stream) = line.mark;
  out.on_line(line);
}

// The beginning of a line is gone, though the head is in the log: all that is missing lies on this one stream. So many
// of its pieces, if that is known; else 0.
void LogCursor::tear(const LogRecord& record, std::uint32_t missing, LogOut& out) {
  Track& t = track(record.stream);
  if (missing == 0) t.uncounted_ns = record.time_ns;
  t.seen = std::max(Mark{record.time_ns, missing}, Mark{t.seen.max_ns, t.seen.count + 1});
  Position to = position_;
  to.mark(record.stream) = t.seen;
  lines_.discard(record.stream);
  announce(to, "rotated", out);
}

// Where a gap ends is told by the first record of each stream behind it, so these are looked for before it is said.
void LogCursor::hold(const LogRecord& record, LogOut& out) {
  if (held_.empty()) {  // the first pieces of this line looked like those of one that is open at the head
    held_ = std::exchange(open_, {});
    std::erase_if(held_, [this](const Held& piece) { return Mark{piece.time_ns, 0} < track(piece.stream).seen; });
    for (const Held& piece : held_) held_bytes_ += piece.payload.size();
  }
  held_.push_back({record.stream, record.time_ns, std::string(record.payload)});
  held_bytes_ += record.payload.size();
  const bool both = held_.front().stream != record.stream;
  if (both || held_.size() >= held_records_max || held_bytes_ >= held_bytes_max) settle_gap(out);
}

void LogCursor::settle_gap(LogOut& out) {
  std::vector<Held> held = std::exchange(held_, {});
  held_bytes_ = 0;
  Position to = position_;
  bool clock = false;
  // Of a stream that shows nothing: between what went before the first of these and what is to come behind the last.
  const std::int64_t begin = held.front().time_ns;
  const std::int64_t between =
      begin + std::clamp<std::int64_t>((held.back().time_ns - begin) / 2, 0, disorder_usual_ns);
  for (LogStream stream : {LogStream::out, LogStream::err}) {
    if (tty_ && stream == LogStream::err) continue;  // a terminal has one stream
    Track& t = track(stream);
    auto first = std::find_if(held.begin(), held.end(), [&](const Held& record) { return record.stream == stream; });
    bool present = first != held.end();
    std::int64_t time = present ? first->time_ns : between;
    bool stepped = present && Mark{time, 0} < t.seen;    // not where it is the one that the bound waits for
    clock = clock || (present && time < t.seen.max_ns);  // the same stamp is the rest of one line
    // Marks never go back: behind a step of the clock the missing records count as one.
    if (time > t.seen.max_ns) t.seen = {time, 0};
    if (stepped) ++t.seen.count;
    t.time_ns = t.uncounted_ns = time;
    t.nth = 0;
    t.known = true;
    to.mark(stream) = t.seen;
    lines_.discard(stream);
  }
  head_ = to.head = held.front().stream;
  // Nothing is stamped so: who goes on from here finds its place by the gap alone.
  to.stepped_ns = held.front().time_ns < to.mark(head_).max_ns ? held.front().time_ns - 1 : 0;
  match(Place::fresh);
  // Where the log's own marks are lost, nothing says which of its records lie before `until`.
  announce(landmark_.is_end() && clock ? landmark_.at() : to, clock ? "clock" : "rotated", out);
  landmark_.begin();
  for (const Held& record : held) {
    if (done()) return;
    landmark_.take(record.record());
    accept(record.record(), out);
    look_for_landmark(out);
  }
}

void LogCursor::announce(const Position& to, std::string_view reason, LogOut& out) {
  // Whoever has all records up to `until` lacks nothing before it: what else it says are bounds. Unless it stands in a
  // gap itself: then its bound says that something was lost before it.
  const bool comparable = landmark_.is_end() && !landmark_.awaited() && reason != "clock";
  const Mark& end = landmark_.at().mark(landmark_.at().head);
  const bool in_a_gap = end.count == 0 && position_.mark(landmark_.at().head) < end;
  const bool has_all = comparable && !in_a_gap && !lacks(position_, landmark_.at());
  Gap gap{position_, landmark_.clip(position_, to), reason};
  // All that is missing lies behind `until`, and whoever begins there is ahead of it.
  const bool by_marks = reason != "clock" && landmark_.known() != LogLandmark::Known::by_sight;
  if (landmark_.is_end() && by_marks && gap.to.marks == position_.marks) return;
  position_ = gap.to;
  first_piece_.clear();
  if (!has_all && !base::planted::untold_gap) out.on_gap(gap);
}

void LogCursor::flush(LogOut& out) {
  for (LogStream stream : {LogStream::out, LogStream::err})
    lines_.flush(stream, [this, &out](const Line& line) { emit(line, line.stream == head_, out); });
}

void LogCursor::flush_removed(LogOut& out) {
  if (run_shown_) return flush(out);
  Position to = position_;
  for (LogStream stream : {LogStream::out, LogStream::err})
    if (lines_.open(stream)) to.mark(stream) = lines_.held_mark(stream);
  if (to.marks != position_.marks) announce(to, "reader", out);
}

}  // namespace docker
