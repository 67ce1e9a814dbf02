// Witness, gaps: do they say exactly what is missing?
#include <algorithm>
#include <set>

#include "sim/witness.hpp"

namespace sim {
namespace {

using docker::LogStream;
using docker::Position;

constexpr std::int64_t unread_ns = 1'000'000'000;
constexpr std::array<LogStream, 2> both = {LogStream::out, LogStream::err};

}  // namespace

std::string Witness::hear_gap(const Heard& message) {
  static const std::set<std::string> reasons = {"slow", "rotated", "trimmed", "clock", "reader"};
  const auto from = Position::parse(message.from), to = Position::parse(message.to);
  if (!from || !to || !reasons.contains(message.reason)) return "a malformed gap";
  if (phase_ == Phase::silent) {
    phase_ = Phase::going;
    begin_at(*from);
    at_ = message.from;
    if (std::string wrong = begun_too_late(); !wrong.empty()) return wrong;
  }
  if (!stands_at(message.from, *from)) return "a gap from " + message.from + ", but the follower stands at " + at_;
  if (!lost_.empty() && lost_ != message.from + " " + message.to + " " + message.reason)
    return "the gap is not what was said to be lost";
  if (message.reason == "clock" && !truth_.stepped()) return "a gap for a clock that never stepped";
  std::uint64_t covered = 0;
  for (const LogStream stream : both) {
    if (std::string wrong = cover(*from, *to, stream, covered); !wrong.empty()) return wrong;
  }
  const bool reckoned = !truth_.stepped();
  // Of two in a row the second is of what was rotated away before it could be told, or of a stream that the first was
  // not about.
  if (reckoned && covered == 0 && gap_before_ && shows_both() && !told_line_is_gone(*from, *to))
    return "two gaps in a row";
  if (reckoned && covered == 0 && !told_is_gone(*from, *to)) return "a gap where nothing is missing";
  if (reckoned && message.lines_lost.value_or(covered) != covered) return "a gap of another number of lines";
  const bool lost = truth_.log().oldest_on_disk() > 0 || truth_.log().removed();
  if (!reckoned && !lost && message.reason != "clock") return "a gap in a log that lost nothing";
  ++tally_["gaps " + message.reason];
  tally_["lines in gaps"] += covered;
  lost_.clear();
  // One that ends at a record leads to where the ring begins; what was lost behind that is told by the ring's own.
  gap_before_ = std::none_of(both.begin(), both.end(), [&](LogStream stream) {
    return from->mark(stream) != to->mark(stream) && to->mark(stream).count > 0;
  });
  at_ = message.to;
  return {};
}

// Rotation or a removal took the last that was told of the streams that the gap is about, so the log itself cannot say
// any more whether something lay behind it: a record, or the first piece of the line that is to come.
bool Witness::told_is_gone(const Position& from, const Position& to) const {
  return truth_.log().removed() || std::all_of(both.begin(), both.end(), [&](LogStream stream) {
           const std::size_t next = tracks_[docker::index_of(stream)].next;
           return next == 0 || from.mark(stream) == to.mark(stream) ||
                  truth_.lines(stream)[next - 1].last_record < truth_.log().oldest_on_disk();
         });
}

// As above, of a stream that stands behind a line, and not behind a gap: nothing was said of what may have followed it.
bool Witness::told_line_is_gone(const Position& from, const Position& to) const {
  return std::any_of(both.begin(), both.end(), [&](LogStream stream) {
    const std::size_t next = tracks_[docker::index_of(stream)].next;
    return next > 0 && from.mark(stream).count > 0 && from.mark(stream) != to.mark(stream) &&
           truth_.lines(stream)[next - 1].last_record < truth_.log().oldest_on_disk();
  });
}

// Batches are a chain. Single lines are not: their positions move with a line alone, so one that says the same of the
// streams that are shown is as good, or one behind what was gone before they began.
bool Witness::stands_at(const std::string& text, const Position& position) const {
  if (wish_.form == feeds::Form::batch) return text == at_;
  const auto at = Position::parse(at_);
  return at && std::all_of(both.begin(), both.end(), [&](LogStream stream) {
           const std::size_t told = truth_.lines_until(stream, *at), said = truth_.lines_until(stream, position);
           return !shows(stream) || said == told || (said > told && has_until(stream, said));
         });
}

std::string Witness::cover(const Position& from, const Position& to, LogStream stream, std::uint64_t& covered) {
  Track& track = tracks_[docker::index_of(stream)];
  const auto& lines = truth_.lines(stream);
  const std::size_t end = truth_.lines_until(stream, to);
  if (end < track.next && !truth_.stepped() && !track.torn) return "a gap that goes back on " + name_of(stream);
  const docker::Mark bound = to.mark(stream);
  const bool goes_on = bound.count > 0 && from.mark(stream) == docker::Mark{bound.max_ns, 0};  // from such a bound
  const bool guessed = goes_on || (bound.count == 0 && (end == lines.size() || lines[end].time_ns != bound.max_ns));
  for (std::size_t i = track.next; i < end; ++i, ++covered) {
    // Who follows one stream may stand far behind on the other, and the gap leads from there. Of a line that is stamped
    // just before a bound where no line is, nobody could tell that it was still to come.
    const bool before = lines[i].time_ns < bound.max_ns;
    const bool raced = guessed && before && bound.max_ns - lines[i].time_ns <= race_ns;
    if (shows(stream) && !truth_.gone(lines[i]) && !truth_.stepped() && !raced)
      return "a needless gap: line " + std::to_string(i) + " of " + name_of(stream) + " is still there";
    // Who stands where the log was read to has all; what was written since may go before it is read. Nothing was
    // promised of a stream that is not shown.
    const bool old =
        shows(stream) && lines[i].time_ns < newest_then_ns_ - unread_ns && lines[i].first_record < gone_then_;
    if (wish_.undisturbed && promised_full_ && old && track.skip != Track::Skip::beginning)
      return "recovered: full, though line " + std::to_string(i) + " of " + name_of(stream) + " was gone already";
  }
  track.next = std::max(track.next, end);
  track.skip = Track::Skip::gap;
  track.bound_ns = to.mark(stream).max_ns;
  return {};
}

}  // namespace sim
