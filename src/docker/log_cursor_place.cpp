// The part of LogCursor that decides where a record lies: at or before the cursor, behind it, or nowhere that is known.
#include <algorithm>

#include "base/planted.hpp"
#include "docker/log_cursor.hpp"

namespace docker {
namespace {

// Of a line that is open at the head: its last ones. What went before them, and was not delivered, is told as a gap.
constexpr std::size_t open_pieces_max = 1024;

}  // namespace

// Is the record at or before the cursor, or behind it? A read shows one stretch of the log in the log's order, so what
// comes before the head is old, but for a line that is open there on the other stream, and what follows it is new.
LogCursor::Place LogCursor::place(const LogRecord& record) {
  if (matched_) return track(record.stream).known ? Place::fresh : place_first(record);
  return record.stream == head_ ? place_head(record) : place_other(record);
}

LogCursor::Place LogCursor::place_head(const LogRecord& record) {
  Track& t = track(record.stream);
  if (t.nth == 0 && record.time_ns >= t.time_ns) {
    bool proved = t.shown || record.time_ns == t.time_ns;
    return proved ? match(Place::fresh) : beyond();
  }
  if (counted_ == 0 && record.time_ns != t.time_ns) {
    t.shown = true;
    return record.time_ns > t.seen.max_ns ? beyond() : Place::old;
  }
  if (record.time_ns != t.time_ns) return Place::astray;  // fewer than were counted
  // Where the read, or a rotated log, begins among the pieces of the head's line, the count comes out too low: then the
  // head is only known if it is the last piece of its line, by that.
  if (counted_ == 0) {
    // A first record of an older line than the other stream's last is hardly a late piece.
    const bool older = begun_ns_ == 0 && window_ns_ != track(other(head_)).time_ns;
    count_good_ = begins_behind_other() || first_piece_shown(t, record.time_ns, older ? window_ns_ : begun_ns_);
  }
  const bool line_end = t.ends_line || t.nth == at_line_end;
  if (!count_good_ && !line_end) return Place::astray;
  ++counted_;
  bool found = counted_ == t.nth || (line_end && !record.may_go_on());
  return found ? match(base::planted::repeated_head_record ? Place::fresh : Place::old) : Place::old;
}

// Before the head. Lines that ended here are old; the pieces of the last one are kept, in case it has not.
LogCursor::Place LogCursor::place_other(const LogRecord& record) {
  Track& t = track(record.stream);
  bool later = Mark{record.time_ns, 0} >= t.seen;  // at a bound nothing was delivered
  if (t.known) return later ? beyond() : Place::old;
  if (!open_.empty() && open_.back().time_ns != record.time_ns) {
    open_.clear();
    open_dropped_ = 0;
    t.shown = true;
  }
  if (later && !record.may_go_on() && beyond() == Place::astray) return Place::astray;
  if (open_.size() == open_pieces_max) {  // in whole parts, so that the next ones begin where everybody cuts
    open_.erase(open_.begin(), open_.begin() + LogLines::pieces_max);
    open_dropped_ += LogLines::pieces_max;
  }
  open_.push_back({record.stream, record.time_ns, std::string(record.payload)});
  return Place::old;
}

// By its stamp it lies behind the head, which was not shown: the read does not reach back, and is dropped. Unless the
// clock may have gone back since: short reads are looked through for that, and all where it has.
LogCursor::Place LogCursor::beyond() {
  starts_beyond_ = starts_beyond_ || records_ == 1;
  const bool short_read = plan_.tail && *plan_.tail <= tail_short;
  return !plan_.follow && (short_read || log_stepped_) ? Place::old : Place::astray;
}

LogCursor::Place LogCursor::match(Place place) {
  matched_ = true;
  track(head_).known = true;
  lost_ = Lost::no;
  looked_back_ = false;
  horizon_ns_ = std::min(horizon_ns_, window_ns_);
  return place;
}

// The first record of a stream that showed nothing before the head: a piece of a line that began before all we saw?
LogCursor::Place LogCursor::place_first(const LogRecord& record) {
  Track& t = track(record.stream);
  const std::int64_t head_ns = track(head_).time_ns;
  // Written behind the other stream's last record: its line began before the read did.
  const bool late = record.time_ns + disorder_usual_ns < track(other(record.stream)).read_ns;
  const bool in_order = !late && (!plan_.tail || !clock_went_back());
  bool line_start = in_order && record.time_ns > std::min({horizon_ns_, window_ns_, head_ns}) + disorder_max_ns;
  if (!line_start && plan_.tail) return Place::astray;
  bool expected = t.nth == 0 && (t.time_ns == 0 || t.time_ns == record.time_ns);
  // Its line had begun when the position was taken, which stands at a line's end: a gap has covered that.
  bool in_a_gap = t.nth != 0 && t.ends_line && t.time_ns == record.time_ns;
  if (in_a_gap) t.uncounted_ns = record.time_ns;
  // The head is stamped before the clock goes back behind it, where the read's beginning need not be.
  const bool began_in_read = !late && record.time_ns > std::min(window_ns_, head_ns) + disorder_usual_ns;
  const bool whole = line_start || expected || in_a_gap || began_in_read || not_rotated(t);
  t.known = whole || !plan_.follow;  // a follow leaves it to the read behind it
  return whole ? Place::fresh : Place::torn;
}

// Does this read show the first piece of the line with this stamp? A piece of a line that began before the read did is
// stamped no later than the first record that surely begins one (the read's very first may be a late piece itself),
// give or take the disorder between the streams: unless the clock went back meanwhile.
bool LogCursor::first_piece_shown(const Track& t, std::int64_t time_ns, std::int64_t begun_ns) const {
  const std::int64_t disorder_ns = plan_.tail ? disorder_max_ns : disorder_usual_ns;
  const bool began_in_read = begun_ns != 0 && time_ns > begun_ns + disorder_ns && !clock_went_back();
  return t.shown || began_in_read || not_rotated(t);
}

// The read begins with the other stream's last line, that had ended before the head's first piece was written, which is
// the head: whatever rotation took, it was before.
bool LogCursor::begins_behind_other() const {
  const Track &head = tracks_[index_of(head_)], &rest = tracks_[index_of(other(head_))];
  return head.nth == 1 && records_ > 1 && rest.nth > 0 && rest.ends_line && window_ns_ == rest.time_ns;
}

bool LogCursor::not_rotated(const Track& t) const {
  // Nothing of it was in the log when the position was taken, and the log has not lost anything since.
  const bool never_seen = t.nth == 0 && t.time_ns == window_ns_;
  return !plan_.tail && (!rotates_ || window_ns_ == log_start_ns_ || never_seen);
}

// Somewhere in the log, as far as it was read or as the cursor's place shows.
bool LogCursor::clock_went_back() const {
  const Track &head = tracks_[index_of(head_)], &rest = tracks_[index_of(other(head_))];
  const auto behind = [&head](const Track& t) {
    return t.seen.count > 0 && head.time_ns + disorder_max_ns < t.seen.max_ns;
  };
  const bool late_piece = head.nth > 1 && head.nth != at_line_end;  // perhaps written long after its stamp
  return went_back_ || behind(head) || (!late_piece && behind(rest));
}

// The head was found: a line that is open there on the other stream was not delivered, but for parts of it.
LogCursor::Place LogCursor::adopt_open_line(LogOut& out) {
  std::vector<Held> pieces = std::exchange(open_, {});
  Track& t = track(other(head_));
  if (t.known || pieces.empty()) {
    t.known = t.known || t.shown;
    return Place::old;
  }
  bool open = pieces.back().record().may_go_on();
  const std::int64_t time_ns = pieces.front().time_ns;
  const auto delivered = [&] { return time_ns == t.seen.max_ns ? t.seen.count : 0; };
  const bool counted = first_piece_shown(t, time_ns, begun_ns_);
  const bool all_shown = counted && delivered() >= open_dropped_;
  if (open && !all_shown && (plan_.tail || plan_.follow)) return Place::astray;
  t.known = true;
  if (!open) return Place::old;
  if (!all_shown) tear(pieces.front().record(), counted ? open_dropped_ : 0, out);
  LogStream head = head_;  // stays: it lies behind these pieces
  const std::uint32_t first = delivered();
  for (std::size_t i = std::max(first, open_dropped_) - open_dropped_; i < pieces.size(); ++i)
    accept(pieces[i].record(), out);
  head_ = head;
  return Place::old;
}

// Once both the head and what is sought were met, marks are those of the sought position.
void LogCursor::look_for_landmark(LogOut& out) {
  if (matched_ && landmark_.meet(seen())) take_reckoning(out);
}

void LogCursor::take_reckoning(LogOut& out) {
  const Position before = position_;
  const LogSight& its = landmark_.sight();
  const auto ours = [&](LogStream stream) {
    const Mark& ended = its.ended(stream);
    return ended.count == 0 || (position_.mark(stream) <= ended && ended <= track(stream).seen);
  };
  const bool foreign = !ours(LogStream::out) || !ours(LogStream::err);
  for (LogStream stream : {LogStream::out, LogStream::err}) {
    const Mark& ended = its.ended(stream);
    if (!foreign) {
      if (ended.count == 0) position_.mark(stream) = std::max(position_.mark(stream), ended);
      continue;
    }
    position_.mark(stream) = ended;
    track(stream).seen = its.seen(stream);
    lines_.remark(stream, its.seen(stream));
  }
  if (position_.marks == before.marks) return;
  const std::int64_t head_ns = before.head_ns();
  position_.stepped_ns = head_ns < position_.mark(position_.head).max_ns ? head_ns : 0;
  out.on_reckoning(position_);
}

}  // namespace docker
