// The part of LogCursor that decides what a read has shown when it ends, and what is asked next.
#include <algorithm>

#include "docker/log_cursor.hpp"

namespace docker {
namespace {

// What a read asks for: enough to overlap, and room for what came meanwhile. A read that shows at its first record that
// it does not reach back costs little, so growing by four costs less than asking for much at once.
constexpr std::uint64_t tail_growth = 4;
constexpr std::uint64_t tail_min = 64;
constexpr std::uint64_t tail_usual_max = 16'384;
constexpr std::uint64_t tail_max = 1'048'576;  // beyond, reading it all from the front is cheaper for the daemon

}  // namespace

LogCursor::Verdict LogCursor::end(bool clean, LogOut& out) {
  cut_off_ = !clean;
  const Verdict verdict = end_read(clean, out);
  // It began at the log's start, and the log has nothing left of what lies before `until`.
  const bool all_gone = nothing_told() && landmark_.is_end() && lacks(position_, landmark_.at());
  if (verdict == Verdict::reached && all_gone) announce(landmark_.at(), "rotated", out);
  return verdict;
}

LogCursor::Verdict LogCursor::end_read(bool clean, LogOut& out) {
  if (!clean) held_.clear();  // too little was seen to say where the gap ends
  if (!held_.empty()) settle_gap(out);
  run_shown_ = clean && plan_.follow;
  if (landmark_.unclear()) return Verdict::again;
  if (done()) return Verdict::reached;
  if (astray_) {
    if (lost_ != Lost::no && plan_.tail) return end_of_look_back();
    if (!plan_.tail && !plan_.follow) {
      astray_ns_ = window_ns_;
      lost_ = std::max(lost_, Lost::doubtful);
      return Verdict::later;
    }
    bool same_start = std::exchange(astray_ns_, window_ns_) == window_ns_;
    widen();
    if (same_start) tail_ = std::nullopt;  // more was asked for, and no more was there
    return Verdict::wider;
  }
  if (matched_) too_small_ = 0;
  if (!clean) return end_cut_off();
  if (plan_.follow && matched_) tail_ = tail_first;  // the end of a run: what is behind it is little, if anything
  if (doubted_ || plan_.follow) return Verdict::broken;
  return matched_ ? end_at_log_end(out) : end_without_match(out);
}

// Where connections do not live long, no more must be asked for than gets us on.
LogCursor::Verdict LogCursor::end_cut_off() {
  std::optional<std::uint64_t> asked = plan_.tail ? plan_.tail : total_;
  if (matched_) {
    std::uint64_t unread = asked ? *asked - std::min(records_, *asked) : 0;
    tail_ = unread + unread / 4 + tail_first;  // and what is written meanwhile
    return Verdict::broken;
  }
  if (!plan_.tail) {
    if (lost_ == Lost::no) tail_ = std::max(tail_first, (too_small_ + asked.value_or(0)) / 2);
    return Verdict::broken;
  }
  if (doubted_ || records_ == 0) return Verdict::broken;
  if (starts_beyond_) {
    widen();
    return Verdict::wider;
  }
  // All that came was old. The least that reaches back lies between what did not and this.
  tail_ = std::max(too_small_ + 1, (too_small_ + *plan_.tail) / 2);
  return tail_ < plan_.tail ? Verdict::wider : Verdict::broken;
}

LogCursor::Verdict LogCursor::end_at_log_end(LogOut& out) {
  bool all_shown = !plan_.tail || records_ < *plan_.tail;
  total_ = all_shown ? std::optional(records_) : std::nullopt;
  if (all_shown && records_ > 0) log_start_ns_ = window_ns_;
  tail_ = std::clamp(tail_min + 4 * fresh_, tail_min, tail_usual_max);
  if (all_shown && records_ < tail_min) tail_ = std::nullopt;
  if (landmark_.end_of_log()) take_reckoning(out);
  if (landmark_.unclear()) return Verdict::again;
  if (landmark_.is_end()) {
    for (LogStream stream : {LogStream::out, LogStream::err}) {
      bool wanted = lines_.open(stream) && lines_.held_mark(stream) <= landmark_.at().mark(stream);
      if (wanted) lines_.flush(stream, [this, &out](const Line& line) { emit(line, line.stream == head_, out); });
    }
    if (reached(true)) return Verdict::reached;
  }
  if (!all_shown && landmark_.further_back(position_)) {
    tail_ = plan_.tail;
    widen();
    return Verdict::wider;
  }
  return landmark_.is_end() ? end_short_of_until(out) : Verdict::caught_up;
}

// Nothing more is in the log: what lies before `until` was lost while we read, or its marks are of another reckoning.
LogCursor::Verdict LogCursor::end_short_of_until(LogOut& out) {
  const auto lacks = [this](LogStream stream) {
    const Track& t = track(stream);
    const Mark& wanted = landmark_.at().mark(stream);
    const bool uncounted = t.seen.max_ns == wanted.max_ns && t.uncounted_ns == wanted.max_ns;
    return position_.mark(stream) < wanted && wanted.count > 0 && !uncounted;
  };
  if (landmark_.met() || (!lacks(LogStream::out) && !lacks(LogStream::err))) return Verdict::reached;
  if (!std::exchange(short_of_until_, true)) return Verdict::later;
  announce(merge(position_, landmark_.at()), "reader", out);
  return Verdict::reached;
}

LogCursor::Verdict LogCursor::end_without_match(LogOut& out) {
  if (records_ == 0) {  // an empty log: what it had is gone, but nothing was written since
    lost_ = std::max(lost_, Lost::doubtful);
    return landmark_.is_end() ? end_short_of_until(out) : Verdict::caught_up;
  }
  if (!plan_.tail) {  // the whole log is stamped before the head, which is not in it
    lost_ = lost_ == Lost::no ? Lost::doubtful : Lost::surely;
    return Verdict::later;
  }
  if (lost_ != Lost::no) return end_of_look_back();
  if (records_ < *plan_.tail) total_ = records_;
  widen();
  return Verdict::wider;
}

// A shorter read that begins earlier than a longer one did shows that the clock went back.
LogCursor::Verdict LogCursor::end_of_look_back() {
  looked_back_ = true;
  log_stepped_ = log_stepped_ || window_ns_ + disorder_usual_ns < astray_ns_;
  return Verdict::later;
}

void LogCursor::widen() {
  if (!tail_) return;
  if (total_ && tail_ > total_) total_ = std::nullopt;  // it has grown since
  too_small_ = *tail_;
  tail_ = *tail_ * tail_growth;
  if (tail_ > tail_max || (total_ && tail_ > total_)) tail_ = std::nullopt;
}

bool LogCursor::done() const {
  return landmark_.unclear() || (landmark_.is_end() && !landmark_.awaited() && reached(false));
}

// A bound says nothing about a record that could be waited for: only the log's end shows that it was reached.
bool LogCursor::reached(bool at_log_end) const {
  const Position& until = landmark_.at();
  if (covers(position_, until)) return true;
  if (landmark_.guessed() && !at_log_end) return false;
  for (LogStream stream : {LogStream::out, LogStream::err}) {
    Mark wanted = until.mark(stream);
    if (at_log_end && wanted.count == 0) continue;
    if (tracks_[index_of(stream)].seen < wanted) return false;
    if (lines_.open(stream) && lines_.held_mark(stream) <= wanted) return false;
  }
  return true;
}

}  // namespace docker
