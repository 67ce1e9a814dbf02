// Longer than most: what each kind of message may say is read together.
#include "sim/witness.hpp"

#include <algorithm>
#include <set>

namespace sim {
namespace {

using docker::LogStream;
using docker::Position;

constexpr std::array<LogStream, 2> both = {LogStream::out, LogStream::err};
constexpr std::int64_t last_moments_ns = 200'000'000;  // before a container is removed by force

}  // namespace

Witness::Witness(LogTruth& truth, Wish wish, Tally& tally) : truth_(truth), wish_(std::move(wish)), tally_(tally) {}

void Witness::ask(const Asking& asking) {
  instance_ = asking.instance;
  resumes_with_ = asking.tail;
  by_time_ = wish_.since_ns && !resumes();
  asked_tail_ = tail_;
  if (!resumes() || resumes_with_)
    asked_tail_ = {resumes() ? resumes_with_ : wish_.tail, what_is_there(asking.settled_ns), resumes()};
  if (wish_.form == feeds::Form::quiet_line) tail_ = asked_tail_;
  gone_then_ = truth_.log().oldest_on_disk();
  const auto& records = truth_.log().records();
  newest_then_ns_ = records.empty() ? 0 : records.back().stamp;
  phase_ = wish_.form != feeds::Form::quiet_line ? Phase::asked : resumes() ? Phase::going : Phase::silent;
}

void Witness::lose() {
  phase_ = Phase::idle;
  promised_full_ = gap_before_ = degraded_ = source_down_ = one_over_ = false;
  lost_.clear();
  state_.clear();
  run_state_.clear();
  // The parts of a long line are told again: its position stays before it.
  for (const LogStream stream : both) {
    auto& next = tracks_[docker::index_of(stream)].next;
    while (next > 0 && truth_.lines(stream)[next - 1].partial) --next;
  }
}

std::string Witness::hear(const Heard& message) {
  if (std::string wrong = truth_.grow(); !wrong.empty()) return wrong;
  if (message.type == "subscribed") return hear_subscribed(message);
  if (phase_ == Phase::idle || phase_ == Phase::asked) return message.type + " came before subscribed";
  if (removed_) return message.type + " came behind removed";
  if (message.type == "logs") return hear_logs(message);
  if (message.type == "log") return hear_log(message);
  if (message.type == "gap") return hear_gap(message);
  if (message.type == "status") return hear_status(message);
  return "a message of the type " + message.type + " on a log channel";
}

std::string Witness::hear_subscribed(const Heard& message) {
  if (phase_ != Phase::asked) return "subscribed was not expected";
  phase_ = Phase::going;
  tail_ = asked_tail_;
  const auto position = Position::parse(message.position);
  if (!position) return "subscribed without a position";
  ++tally_["resumes " + (message.recovered.empty() ? "without a position" : message.recovered)];
  if (resumes()) {
    if (message.recovered == "none" && message.reason == "tail" && resumes_with_) {
      at_ = message.position;
      return begin_later(*position);
    }
    if (message.recovered == "none")
      return "a position of this log was answered with recovered: none, " + message.reason;
    promised_full_ = message.recovered == "full";
    if (message.position != at_) {  // another one that says the same
      if (std::string wrong = move(message.position); !wrong.empty() || !promised_full_)
        return "resumes at another position than the one that was given; " + wrong;
    }
    if (message.recovered == "partial") {
      if (message.from != at_) return "what is lost does not begin at the position";
      lost_ = message.from + " " + message.to + " " + message.reason;
    } else if (!promised_full_) {
      return "recovered: \"" + message.recovered + "\"";
    }
    return {};
  }
  if (!message.recovered.empty()) return "recovered was said of a fresh subscription";
  begin_at(*position);
  at_ = message.position;
  return begun_too_late();
}

void Witness::begin_at(const Position& position) {
  for (const LogStream stream : both) {
    Track& track = tracks_[docker::index_of(stream)];
    track = Track{};
    track.gone = truth_.log().oldest_on_disk();
    track.low = track.next = truth_.lines_until(stream, position);
    const bool log_start = position.mark(stream) == docker::Mark{};
    track.skip = log_start ? Track::Skip::beginning : Track::Skip::nothing;
  }
}

// It gave a position and a tail, and the tail begins behind the position.
std::string Witness::begin_later(const Position& position) {
  const std::array<std::size_t, 2> told = {tracks_[0].next, tracks_[1].next};
  begin_at(position);
  for (const LogStream stream : both) {
    const std::size_t next = tracks_[docker::index_of(stream)].next;
    if (shows(stream) && next < told[docker::index_of(stream)] && !truth_.stepped())
      return "recovered: none, tail, though on " + name_of(stream) + " it begins before the position";
  }
  return begun_too_late(told);
}

std::string Witness::hear_logs(const Heard& message) {
  if (wish_.form != feeds::Form::batch) return "logs came without dockcast.v1";
  if (message.prev != at_) return "prev is " + message.prev + ", but the follower stands at " + at_;
  if (message.lines.empty() && shows_both()) return "an empty batch for one who follows both streams";
  for (const HeardLine& line : message.lines) {
    if (std::string wrong = take(line); !wrong.empty()) return wrong;
  }
  return move(message.position);
}

std::string Witness::hear_log(const Heard& message) {
  if (wish_.form == feeds::Form::batch) return "log came in spite of dockcast.v1";
  const HeardLine& line = message.lines.front();
  const auto position = Position::parse(message.position);
  if (!position) return "log without a position";
  if (phase_ == Phase::silent) {  // it begins where its first line is
    phase_ = Phase::going;
    begin_at(*position);
    const auto& lines = truth_.lines(line.stream);
    const auto first = std::find_if(lines.begin(), lines.end(),
                                    [&](const TrueLine& each) { return is(each, line) || is_rest_of(each, line); });
    Track& track = tracks_[docker::index_of(line.stream)];
    track.low = track.next = static_cast<std::size_t>(first - lines.begin());
    track.skip = Track::Skip::beginning;
    if (std::string wrong = begun_too_late(); !wrong.empty()) return wrong;
  }
  if (std::string wrong = take(line); !wrong.empty()) return wrong;
  return move(message.position);
}

// The position says the same as the lines did.
std::string Witness::move(const std::string& text) {
  const auto position = Position::parse(text);
  if (!position) return "a position that is none: " + text;
  at_ = text;
  for (const LogStream stream : both) {
    Track& track = tracks_[docker::index_of(stream)];
    const std::size_t index = truth_.lines_until(stream, *position);
    if (!shows(stream)) {
      // docs/log-cursor.md, what is not promised: it may come behind the bound of a gap, and lie before it by its
      // stamp.
      const auto raced = [&] { return track.bound_ns - truth_.lines(stream)[index].time_ns <= race_ns; };
      const bool back = index < track.next && !truth_.stepped() && !(track.skip == Track::Skip::gap && raced());
      if (back) return "the position went back on " + name_of(stream);
      track.low = track.next = index;
      track.skip = Track::Skip::nothing;
      continue;
    }
    std::size_t expected = track.next;
    while (expected > 0 && truth_.lines(stream)[expected - 1].partial) --expected;
    const bool exact = track.skip == Track::Skip::nothing && !track.torn && !truth_.stepped();
    if (exact && index != expected) {
      return "the position says that " + std::to_string(index) + " lines of " + name_of(stream) +
             " were told, the lines that it was " + std::to_string(expected);
    }
  }
  return {};
}

std::string Witness::hear_status(const Heard& message) {
  static const std::set<std::string> states = {"live",        "stopped",  "restarted", "removed",
                                               "source_down", "degraded", "recovered"};
  if (!states.contains(message.state)) return "an unknown state: " + message.state;
  ++tally_["status " + message.state];
  if (phase_ == Phase::silent && state_.empty()) {
    for (const LogStream stream : both) quiet_until_[docker::index_of(stream)] = truth_.lines(stream).size();
  }
  const std::string before = std::exchange(state_, message.state);
  if (message.state == "live" || message.state == "stopped" || message.state == "restarted") run_state_ = message.state;
  if (message.state == "degraded" || message.state == "source_down") {
    bool& trouble = message.state == "degraded" ? degraded_ : source_down_;
    // Where one of both was over, it was this one.
    if (std::exchange(trouble, true) && !std::exchange(one_over_, false)) return message.state + " was said twice";
  } else if (message.state == "recovered") {
    if (!degraded_ && !source_down_) return "recovered came without a trouble before it";
    one_over_ = degraded_ && source_down_ && !one_over_;
    if (!one_over_) degraded_ = source_down_ = false;
  } else if (message.state == "removed") {
    removed_ = true;
    // Else its last lines may have gone before anybody could read them. So they may where a rotating log is polled.
    const SimLog& log = truth_.log();
    const bool old_local = log.options().driver == LogDriver::local && log.generation() == Generation::docker_20;
    const bool polled = log.options().max_size > 0 || old_local;
    // A follow of the old Engine may miss the end of a run, and nobody can look any more.
    const bool may_miss = log.generation() == Generation::docker_20;
    if (wish_.undisturbed && !polled) return complete(may_miss ? last_moments_ns : 0);
  } else if (message.state == "stopped" && phase_ == Phase::going) {
    // Lines of the next run may have come before it: the Engine does not say whose a line is.
    const auto& ends = truth_.run_ends();
    const bool ended = std::any_of(ends.begin(), ends.end(), [this](const auto& end) {
      return has_until(LogStream::out, end[0]) && has_until(LogStream::err, end[1]);
    });
    // Whose a line is, is told by the Engine's clock: behind a step of it, lines may come on the other side.
    if (!ended && !truth_.stepped()) return "stopped was said where no run ended";
    if (before == "stopped") return "stopped was said twice";
  }
  return {};
}

// Whatever was to come of the stream's first lines; of the log's beginning that is what rotation left. The same behind
// a gap where the clock stepped: there its bound does not say any more which lines it covers.
bool Witness::has_until(LogStream stream, std::size_t end) const {
  const Track& track = tracks_[docker::index_of(stream)];
  if (!shows(stream) || track.next >= end) return true;
  const auto& lines = truth_.lines(stream);
  const bool left_out = track.skip == Track::Skip::beginning || (track.skip == Track::Skip::gap && truth_.stepped());
  return left_out && std::all_of(lines.begin() + static_cast<std::ptrdiff_t>(track.next),
                                 lines.begin() + static_cast<std::ptrdiff_t>(end),
                                 [this](const TrueLine& line) { return truth_.gone(line); });
}

// Nothing came yet to one who opened quietly: is there a line that it asked for, or that came behind its first status?
bool Witness::owed(LogStream stream) const {
  const auto& lines = truth_.lines(stream);
  if (!shows(stream) || lines.empty()) return false;
  if (lines.size() > quiet_until_[docker::index_of(stream)]) return true;
  // A tail counts the lines of both streams, and may end before this one's last.
  if (wish_.tail && *wish_.tail < truth_.lines(LogStream::out).size() + truth_.lines(LogStream::err).size())
    return false;
  return !wish_.since_ns || lines.back().time_ns >= *wish_.since_ns;
}

std::string Witness::complete(std::int64_t but_ns) {
  if (std::string wrong = truth_.grow(); !wrong.empty()) return wrong;
  if (phase_ == Phase::silent) {
    const bool something = std::any_of(both.begin(), both.end(), [this](LogStream stream) { return owed(stream); });
    return something && truth_.log().is_open() ? "nothing ever came" : "";
  }
  for (const LogStream stream : both) {
    const auto& lines = truth_.lines(stream);
    const std::size_t told = tracks_[docker::index_of(stream)].next;
    std::size_t all = lines.size();
    while (but_ns > 0 && all > told && lines[all - 1].time_ns > lines.back().time_ns - but_ns) --all;
    if (!has_until(stream, all)) return "lines " + span(told, all) + " of " + name_of(stream) + " never came";
  }
  return {};
}

}  // namespace sim
