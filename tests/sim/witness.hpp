// Witness: one follower's subscription to one log, judged message by message against the truth: promise 1 and what
// protocol.md says about `subscribed`, `logs`, `log`, `gap` and `status`. It lives over all connections of its
// follower, and says where to resume. Pure but for what it reads of the log. Every judgement is a sentence, or empty.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "feeds/follow.hpp"
#include "sim/heard.hpp"
#include "sim/log_truth.hpp"
#include "sim/verdict.hpp"

namespace sim {

inline std::string name_of(docker::LogStream stream) { return stream == docker::LogStream::out ? "stdout" : "stderr"; }
inline std::string span(std::size_t from, std::size_t to) {
  return std::to_string(from) + " to " + std::to_string(to - 1);
}

// How far threads may put records out of the order of their stamps.
inline constexpr std::int64_t race_ns = 3'000'000;

class Witness {
 public:
  struct Wish {
    feeds::Form form = feeds::Form::batch;
    bool out = true, err = true;
    std::optional<std::uint64_t> tail = {};
    std::optional<std::int64_t> since_ns = {};
    bool undisturbed = false;  // the Engine can be read at any time
  };
  Witness(LogTruth& truth, Wish wish, Tally& tally);

  const Wish& wish() const { return wish_; }
  LogTruth& truth() { return truth_; }

  struct Asking {
    std::string instance;
    std::int64_t settled_ns = 0;             // what was stamped before that, every instance has read
    std::optional<std::uint64_t> tail = {};  // of one who resumes
  };
  // Asked for on a new connection, `resume` with since=position().
  void ask(const Asking& asking);
  bool resumes() const { return !at_.empty(); }
  // With a tail as well.
  const std::optional<std::uint64_t>& resumes_with() const { return resumes_with_; }
  const std::string& position() const { return at_; }

  std::string hear(const Heard& message);
  // The connection is over.
  void lose();

  // `removed` was said: nothing more will come.
  bool removed() const { return removed_; }
  bool subscribed() const { return phase_ != Phase::asked && phase_ != Phase::idle; }
  // Everything that the log holds was told, but for what was written in its last `but_ns`; else what is missing.
  std::string complete(std::int64_t but_ns = 0);
  // What was said last of the container's run: live, restarted or stopped.
  const std::string& run_state() const { return run_state_; }
  std::uint64_t lines() const { return lines_; }
  bool degraded() const { return degraded_; }
  bool troubled() const { return degraded_ || source_down_; }

 private:
  enum class Phase {
    idle,    // no connection
    asked,   // `subscribed` is to come
    silent,  // quiet form: lines may come, where they begin is not known
    going,
  };
  struct Track {
    std::size_t next = 0;  // the line that must come next
    // What may be left out before it: what a gap covered, or what rotation had taken before the beginning.
    enum class Skip { nothing, gap, beginning } skip = Skip::nothing;
    std::size_t low = 0;        // the first line that was neither told nor in an earlier gap
    std::int64_t bound_ns = 0;  // where that gap ended, if at a bound
    bool torn = false;          // the line before began in its middle, so that its mark is of another reckoning
    std::size_t gone = 0;       // records before it were gone at the beginning; 0 behind the first line
  };

  struct Tail {
    std::optional<std::uint64_t> lines = {};
    std::array<std::size_t, 2> there = {};  // how many of each stream its instance had for sure, when it was asked for
    bool resumes = false;                   // beside a position
  };

  std::string hear_subscribed(const Heard& message);
  std::string hear_logs(const Heard& message);
  std::string hear_log(const Heard& message);
  std::string hear_gap(const Heard& message);
  std::string hear_status(const Heard& message);
  std::string take(const HeardLine& line);
  std::string skip_to(const HeardLine& line, Track& track, std::size_t& found);
  std::string misplaced(const HeardLine& line, const Track& track) const;
  std::string cover(const docker::Position& from, const docker::Position& to, docker::LogStream stream,
                    std::uint64_t& covered);
  void begin_at(const docker::Position& position);
  std::string begin_later(const docker::Position& position);
  bool told_is_gone(const docker::Position& from, const docker::Position& to) const;
  bool told_line_is_gone(const docker::Position& from, const docker::Position& to) const;
  bool owed(docker::LogStream stream) const;
  bool has_until(docker::LogStream stream, std::size_t end) const;
  bool stands_at(const std::string& text, const docker::Position& position) const;
  std::array<std::size_t, 2> what_is_there(std::int64_t settled_ns);
  std::string begun_too_late(const std::array<std::size_t, 2>& behind = {}) const;
  std::string unasked(docker::LogStream stream, std::size_t index) const;
  std::string move(const std::string& position);
  bool shows(docker::LogStream stream) const { return stream == docker::LogStream::out ? wish_.out : wish_.err; }
  bool shows_both() const { return wish_.out && wish_.err; }
  bool is(const TrueLine& line, const HeardLine& heard) const;
  bool is_rest_of(const TrueLine& line, const HeardLine& heard) const;

  LogTruth& truth_;
  const Wish wish_;
  Tally& tally_;
  Phase phase_ = Phase::idle;
  std::string at_;  // where it stands, as it was told; empty: nowhere yet
  std::array<Track, 2> tracks_;
  std::array<std::size_t, 2> quiet_until_{~std::size_t{0}, ~std::size_t{0}};  // silent: the log at its first status
  std::string instance_;                                                      // that tells it
  std::optional<std::uint64_t> resumes_with_;
  bool by_time_ = false;       // it asked for a time last, not for a position
  Tail tail_, asked_tail_;     // that it began with; that it asked for last
  std::size_t gone_then_ = 0;  // when it was asked: the first record that was still there
  std::int64_t newest_then_ns_ = 0;
  bool promised_full_ = false;  // `recovered: full` was said, and no line came since
  std::string lost_;            // `lost` was said, and its gap is to come
  bool gap_before_ = false;     // the last thing that came was a gap, and it ends at bounds
  bool degraded_ = false, source_down_ = false;
  bool one_over_ = false;  // of both, `recovered` was said once
  bool removed_ = false;
  std::string state_, run_state_;
  std::uint64_t lines_ = 0;
};

}  // namespace sim
