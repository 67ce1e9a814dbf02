// The cases that have a name. Random ones: log_cursor_property_test.cpp.
#include "docker/log_cursor.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <span>

#include "docker/log_model.hpp"

namespace docker {
namespace {

using Verdict = LogCursor::Verdict;

TEST(LogCursor, AsksForLittleFirstAndForMoreUntilItReachesBack) {
  LogModel log = log_of(5000);
  LogCursor cursor(log.position_before(100), {});
  LogJudge judge;
  for (const std::uint64_t asked : {256U, 1024U}) {  // looked through, in case the clock went back
    EXPECT_EQ(cursor.begin(false).tail, asked);
    for (std::size_t at = 5000 - asked; at < 5000; ++at)
      ASSERT_EQ(cursor.take(log.record(at), 0, judge), LogCursor::Step::more);
    EXPECT_EQ(cursor.end(true, judge), Verdict::wider);
  }
  EXPECT_EQ(cursor.begin(false).tail, 4096u);
  EXPECT_EQ(cursor.take(log.record(5000 - 4096), 0, judge), LogCursor::Step::stop);
  EXPECT_EQ(cursor.end(false, judge), Verdict::wider);
  EXPECT_TRUE(judge.events.empty());
  EXPECT_EQ(read_on(cursor, log, judge), Verdict::caught_up);
  EXPECT_EQ(judge.judge(log, 100, log.entries.size()), "");
  EXPECT_EQ(judge.gaps, 0u);
  EXPECT_EQ(cursor.position(), log.position_before(log.entries.size()));
}

TEST(LogCursor, ReadsFromTheStartOfTheLog) {
  LogModel log = log_of(300);
  LogCursor cursor(Position{}, {});
  LogJudge judge;
  EXPECT_FALSE(cursor.begin(false).tail);
  EXPECT_EQ(read(cursor, log, judge), Verdict::caught_up);
  EXPECT_EQ(judge.judge(log, 0, log.entries.size()), "");
  EXPECT_EQ(read(cursor, log, judge), Verdict::caught_up);
  EXPECT_EQ(cursor.fresh(), 0u);
}

TEST(LogCursor, StopsAtThePositionWhereTheRingBegins) {
  LogModel::Habits habits;
  habits.long_percent = 20;
  LogModel log = log_of(3000, habits);
  for (std::size_t from : {0u, 10u, 700u, 1500u}) {
    for (std::size_t to : {1500u, 2990u, 3000u}) {
      LogCursor::Options options;
      options.until = log.position_before(to);
      LogCursor cursor(log.position_before(from), options);
      LogJudge judge;
      EXPECT_TRUE(cursor.done() || read_on(cursor, log, judge) == Verdict::reached);
      EXPECT_EQ(judge.judge(log, from, to), "") << from << " to " << to;
      EXPECT_EQ(judge.gaps, 0u);
    }
  }
}

// A line is not told by half because its container was removed.
TEST(LogCursor, TellsALineThatWasOpenWhenItsLogWentOnlyWhereItHadEnded) {
  for (const bool follow : {false, true}) {
    LogModel log = log_of(20);
    const Position before = log.position_before(log.entries.size());
    log.write_line(LogStream::out, 2);
    log.entries.pop_back();
    LogCursor cursor(before, {});
    LogJudge judge;
    EXPECT_EQ(read(cursor, log, judge), Verdict::caught_up);
    if (follow) {
      for (std::size_t at = log.start_of(cursor.begin(true)); at < log.entries.size(); ++at)
        cursor.take(log.record(at), log.now_ns, judge);
      EXPECT_EQ(cursor.end(true, judge), Verdict::broken);
    }
    EXPECT_TRUE(judge.events.empty());
    cursor.flush_removed(judge);
    ASSERT_EQ(judge.events.size(), 1u);
    EXPECT_EQ(judge.events[0].gap, !follow);
    EXPECT_EQ(cursor.position().mark(LogStream::out), log.entries.back().mark);
  }
}

TEST(LogCursor, DropsWhatAnOldEngineRepeatsInAFollow) {
  LogModel log = log_of(400);
  LogCursor::Options options;
  options.replays = true;
  LogCursor cursor(log.position_before(200), options);
  LogJudge judge;
  ReadPlan plan = cursor.begin(true);
  EXPECT_TRUE(plan.follow);
  auto step = LogCursor::Step::more;
  std::size_t at = log.start_of(plan);
  for (; at < 300; ++at) step = cursor.take(log.record(at), log.now_ns, judge);
  EXPECT_EQ(step, LogCursor::Step::more);
  for (at = 280; step == LogCursor::Step::more && at < 400; ++at) step = cursor.take(log.record(at), log.now_ns, judge);
  EXPECT_EQ(at, 281u) << "the first repeated record ends the follow";
  EXPECT_EQ(cursor.end(false, judge), Verdict::broken);
  EXPECT_EQ(cursor.suspected(), 1u);
  EXPECT_EQ(read_on(cursor, log, judge), Verdict::caught_up);
  EXPECT_EQ(judge.judge(log, 200, log.entries.size()), "");
}

// Behind a step of the clock nothing looks further than the head by its stamp, and the log may fall silent.
TEST(LogCursor, EndsAFollowThatBeganBehindItsPlace) {
  LogModel log = log_of(300, {0, 0, 30, 40'000'000});
  log.now_ns -= 3'600'000'000'000;
  log.write(300);
  const std::size_t from = log.entries.size();
  LogCursor cursor(log.position_before(from), {});
  LogJudge judge;
  EXPECT_EQ(read_on(cursor, log, judge), Verdict::caught_up);
  log.write(400);
  auto step = LogCursor::Step::more;
  for (std::size_t at = log.start_of(cursor.begin(true)); step == LogCursor::Step::more && at < log.entries.size();
       ++at)
    step = cursor.take(log.record(at), log.now_ns, judge);
  EXPECT_EQ(step, LogCursor::Step::stop);
  EXPECT_EQ(cursor.end(false, judge), Verdict::wider);
  EXPECT_EQ(read_on(cursor, log, judge), Verdict::caught_up);
  EXPECT_EQ(judge.judge(log, from, log.entries.size()), "");
}

// 26.1 skips the files between when it lags two rotations behind (docker-engine.md 3.4).
TEST(LogCursor, SuspectsAndFillsTheHoleThatALaggingFollowLeaves) {
  LogModel::Habits habits;
  habits.pause_ns_max = 100'000;
  LogModel log = log_of(3000, habits);
  LogCursor::Options options;
  options.file_bytes = 1'000'000;
  LogCursor cursor(log.position_before(2800), options);
  LogJudge judge;
  std::int64_t hole_ns = log.entries[2950].time_ns - log.entries[2599].time_ns;
  ASSERT_GT(hole_ns, 10'000'000);
  LogCursor behind(log.position_before(2500), options);
  std::size_t at = log.start_of(behind.begin(true));
  at = 2400;
  for (; at < 2590; ++at)
    ASSERT_EQ(behind.take(log.record(at), log.entries[at].time_ns + 100'000, judge), LogCursor::Step::more);
  for (; at < 2600; ++at)
    ASSERT_EQ(behind.take(log.record(at), log.entries[2960].time_ns, judge), LogCursor::Step::more);
  EXPECT_EQ(behind.take(log.record(2950), log.entries[2960].time_ns, judge), LogCursor::Step::stop);
  EXPECT_EQ(behind.end(false, judge), Verdict::broken);
  EXPECT_EQ(read_on(behind, log, judge), Verdict::caught_up);
  EXPECT_EQ(judge.judge(log, 2500, log.entries.size()), "");
  EXPECT_EQ(judge.gaps, 0u);
}

TEST(LagWatch, DoubtsNeitherIdlenessNorABacklog) {
  constexpr std::int64_t ms = 1'000'000;
  LagWatch watch(1'000'000);  // 10 ms at the fastest
  watch.note(1000 * ms, 1000 * ms + 1);
  EXPECT_FALSE(watch.suspects(5000 * ms)) << "idle: far apart, no lag";
  watch.note(5000 * ms, 5900 * ms);
  EXPECT_FALSE(watch.suspects(5001 * ms)) << "a backlog: late, but close together";
  EXPECT_TRUE(watch.suspects(5500 * ms));
  EXPECT_FALSE(watch.suspects(8000 * ms)) << "written after the late one had arrived";
  watch.begin(6000 * ms);
  EXPECT_FALSE(watch.suspects(5500 * ms)) << "no pair across two follows";
  watch.note(5000 * ms, 6001 * ms);
  EXPECT_FALSE(watch.suspects(5500 * ms)) << "written before the follow began";
  EXPECT_TRUE(watch.suspects(6000 * ms));
}

TEST(LagWatch, AllowsForADaemonWhoseClockIsAhead) {
  constexpr std::int64_t ms = 1'000'000;
  LagWatch watch(1'000'000);
  watch.note(10'000 * ms, 4'000 * ms);  // six seconds ahead, no lag
  watch.note(11'000 * ms, 5'500 * ms);  // half a second late
  EXPECT_TRUE(watch.suspects(11'400 * ms));
}

// A line over 1 MiB, cut off after its first part, and then taken on from the position that readers keep.
TEST(LogCursor, GoesOnBetweenThePartsOfAnEndlessLine) {
  LogModel log(1, {});
  log.write(50);
  log.finish_lines();
  std::size_t first = log.entries.size();
  log.write_line(LogStream::out, 200);
  log.write(20);
  log.finish_lines();
  LogJudge before;
  LogCursor cursor(log.position_before(first), {});
  read(cursor, log, before, first + 150);
  EXPECT_EQ(before.events.size(), 2u);
  EXPECT_EQ(cursor.position().mark(LogStream::out).count, 128u);

  const LogJudge after = read_from(*Position::parse(cursor.position().print()), log);
  ASSERT_GT(after.events.size(), 1u);
  EXPECT_EQ(after.events[0].first_piece, 128u);
  EXPECT_EQ(after.events[0].mark.count, 192u);
  EXPECT_EQ(after.events[1].mark.count, 200u);
  EXPECT_EQ(after.gaps, 0u);
}

// The same of a line of the other stream, of which no more is held than its last pieces: the rest was delivered, or is
// told as a gap.
TEST(LogCursor, GoesOnWithAnEndlessLineOfTheOtherStream) {
  for (const std::uint32_t delivered : {0U, 64U, 128U, 1024U}) {
    LogModel log(1, {});
    for (int i = 0; i < 2; ++i) log.write_line(LogStream::out, 1);
    log.write_line(LogStream::err, 1100);
    log.write_line(LogStream::out, 1);
    std::swap(log.entries[1101], log.entries[1102]);
    const std::int64_t time_ns = log.entries.back().time_ns;
    Position from;
    reach(from, LogStream::err, {time_ns, delivered}, time_ns);
    reach(from, LogStream::out, log.entries[1101].mark, log.entries[1101].time_ns);
    const LogJudge told = read_from(from, log);
    ASSERT_GT(told.events.size(), told.gaps);
    EXPECT_EQ(told.gaps, delivered < 128 ? 1U : 0U);
    EXPECT_TRUE(told.gaps == 0 || told.events[0].told.to.mark(LogStream::err) == (Mark{time_ns, 128}));
    std::uint32_t next = std::max(128U, delivered);
    for (const auto& part : std::span(told.events).subspan(told.gaps)) {
      EXPECT_EQ(part.first_piece, next);
      next = std::min(next + LogLines::pieces_max, 1100U);
      EXPECT_EQ(part.mark, (Mark{time_ns, next}));
    }
    EXPECT_EQ(next, 1100U);
  }
}

// Rotation took the beginning of a line, and the read begins with a late piece of the other stream: by its stamp alone
// the line began in the read, but that is late as well. A follow that shows it leaves the telling to a plain read.
TEST(LogCursor, TellsAGapWhereALatePieceIsTheFirstOfItsStream) {
  for (const bool follow : {false, true}) {
    LogModel log(1, {});
    log.write_line(LogStream::err, 1);
    log.write_line(LogStream::out, 2);
    log.write_line(LogStream::err, 2);
    std::swap(log.entries[2], log.entries[3]);
    for (int i = 0; i < 2; ++i) log.write_line(LogStream::out, 1);
    std::rotate(log.entries.begin() + 4, log.entries.begin() + 5, log.entries.end());
    log.rotate(3);
    LogCursor cursor(log.position_before(5), {});
    LogJudge judge;
    for (bool tail = follow; tail;) {
      const ReadPlan plan = cursor.begin(true);
      tail = plan.tail.has_value();
      auto step = LogCursor::Step::more;
      for (std::size_t at = log.start_of(plan); step == LogCursor::Step::more; ++at)
        step = cursor.take(log.record(at), log.now_ns, judge);
      EXPECT_EQ(cursor.end(false, judge), Verdict::wider);
    }
    EXPECT_EQ(read_on(cursor, log, judge), Verdict::caught_up);
    EXPECT_EQ(judge.judge(log, 5, log.entries.size()), "") << follow;
    EXPECT_EQ(judge.gaps, 1U) << follow;
  }
}

// Rotation left the log from within the line before the one that is open: its end is known, and stands before that.
TEST(LogCursor, FindsTheFirstPieceOfALineBehindTheEndOfTheOtherStreamsLine) {
  LogModel log(1, {});
  log.write_line(LogStream::out, 1);
  log.write_line(LogStream::out, 2);
  log.write_line(LogStream::err, 3);
  const LogJudge judge = read_while_rotating(Position{}, log, 4, 2);
  EXPECT_EQ(judge.judge(log, 0, log.entries.size()), "");
  EXPECT_EQ(judge.gaps, 0U);
}

// Behind a gap only the first piece of a line is there when it is read: it is no other one when it is read again.
TEST(LogCursor, ReadsTheFirstPieceBehindAGapAgain) {
  LogModel log(1, {});
  log.write_line(LogStream::out, 2);
  log.write_line(LogStream::err, 1);
  std::swap(log.entries[1], log.entries[2]);
  Position bound;
  bound.mark(LogStream::out) = {log.entries[0].time_ns, 0};
  bound.mark(LogStream::err) = {log.entries[0].time_ns + 1, 0};
  const LogJudge judge = read_while_rotating(bound, log, 1, 0);
  EXPECT_EQ(judge.gaps, 0U);
  EXPECT_EQ(judge.judge(log, 0, log.entries.size()), "");
}

TEST(LogCursor, TellsWhenRotationTookTheFirstPieceBehindAGap) {
  LogModel log(1, {});
  log.write_line(LogStream::out, 3);
  Position bound;
  bound.mark(LogStream::out) = {log.entries[0].time_ns, 0};
  const LogJudge judge = read_while_rotating(bound, log, 1, 1);
  EXPECT_EQ(judge.gaps, 1U);
}

}  // namespace
}  // namespace docker
