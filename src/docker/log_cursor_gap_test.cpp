// What LogCursor says of records that are gone, and when it says nothing.
// The rest: log_cursor_test.cpp.
#include "docker/log_cursor.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "docker/log_model.hpp"

namespace docker {
namespace {

using Verdict = LogCursor::Verdict;

TEST(LogCursor, TellsOneGapWhereEverythingUpToTheRingWasRotatedAway) {
  LogModel log = log_of(1000);
  log.rotate(900);
  LogCursor::Options options;
  options.until = log.position_before(800);
  LogCursor cursor(log.position_before(300), options);
  LogJudge judge;
  EXPECT_EQ(read_on(cursor, log, judge), Verdict::reached);
  ASSERT_EQ(judge.events.size(), 1u);
  EXPECT_TRUE(judge.events[0].gap);
  EXPECT_EQ(judge.events[0].told.from, log.position_before(300));
  EXPECT_EQ(judge.events[0].told.to.marks, options.until->marks);
}

// The ring's own reader lost the same, and stands at the gap's end: a bound for both streams, behind which it has
// nothing.
TEST(LogCursor, TellsTheGapInWhichTheRingStands) {
  LogModel log = log_of(1000);
  log.rotate(900);
  const Position here = log.position_before(300);
  LogCursor reader(log.position_before(500), {});
  LogJudge ring;
  read_on(reader, log, ring);
  ASSERT_EQ(ring.gaps, 1u);
  LogCursor::Options options;
  options.until = ring.events.front().told.to;
  LogCursor cursor(here, options);
  LogJudge judge;
  EXPECT_EQ(read_on(cursor, log, judge), Verdict::reached);
  ASSERT_EQ(judge.events.size(), 1u);
  EXPECT_TRUE(judge.events[0].gap);
  EXPECT_EQ(judge.events[0].told.from, here);
  EXPECT_EQ(judge.events[0].told.to.marks, options.until->marks);
}

// It begins ahead of the ring, and rotation took its place and the ring's: what is missing there is not the ring's yet.
TEST(LogCursor, TellsNoGapThatLiesBehindTheRing) {
  LogModel log = log_of(1000);
  LogCursor::Options options;
  options.until = log.position_before(300);
  const Position here = log.position_before(500);
  log.rotate(900);
  LogCursor cursor(here, options);
  LogJudge judge;
  EXPECT_EQ(read_on(cursor, log, judge), Verdict::reached);
  EXPECT_EQ(judge.events.size(), 0u);
  EXPECT_EQ(cursor.position(), here);
}

TEST(LogCursor, TellsOneGapWhereAWholeLogUpToTheRingIsGone) {
  LogModel log = log_of(100);
  LogCursor::Options options;
  options.until = log.position_before(50);
  log.rotate(60);
  LogCursor cursor(Position{}, options);
  LogJudge judge;
  EXPECT_EQ(read_on(cursor, log, judge), LogCursor::Verdict::reached);
  EXPECT_EQ(judge.gaps, 1u);
  EXPECT_EQ(judge.events.size(), 1u) << "the gap";
  EXPECT_EQ(cursor.position(), *options.until);
}

// Of a log that may rotate, nobody can tell whether the first piece is still the one that was read.
TEST(LogCursor, IsCutOffWithinTheFirstLineOfALog) {
  LogModel log(1, {});
  log.write_line(LogStream::out, 3);
  log.write_line(LogStream::out, 1);
  LogCursor::Options options;
  options.rotates = true;
  LogCursor cursor(Position{}, options);
  LogJudge judge;
  EXPECT_EQ(read(cursor, log, judge, 1), LogCursor::Verdict::broken);
  EXPECT_EQ(read_on(cursor, log, judge), LogCursor::Verdict::caught_up);
  EXPECT_EQ(judge.gaps, 0u);
  EXPECT_EQ(judge.judge(log, 0, log.entries.size()), "");
}

// Of a line that never ended, what was read once is not new again.
TEST(LogCursor, AnUnfinishedLineAloneInALogIsReadOnce) {
  LogModel log(1, {});
  log.write_line(LogStream::out, 3);
  log.entries.pop_back();
  LogCursor cursor(Position{}, {});
  LogJudge judge;
  EXPECT_EQ(read_on(cursor, log, judge), LogCursor::Verdict::caught_up);
  EXPECT_EQ(cursor.fresh(), 2u);
  EXPECT_EQ(read_on(cursor, log, judge), LogCursor::Verdict::caught_up);
  EXPECT_EQ(cursor.fresh(), 0u);
}

// The ring counts from behind a step of the clock, so that its marks are lower though it is further.
TEST(LogCursor, TellsAGapBehindAStepOfTheClockHoweverTheRingCounts) {
  LogModel log(1, {});
  for (int i = 0; i < 50; ++i) log.append(LogStream::out, i * 1000);
  log.now_ns -= 3'600'000'000'000;
  for (int i = 50; i < 80; ++i) log.append(LogStream::out, i * 1000);
  Position here, until;
  here.mark(LogStream::out) = {log.entries[40].time_ns, 1};
  until.mark(LogStream::out) = {log.entries[75].time_ns, 1};
  LogCursor::Options options;
  options.until = until;
  log.rotate(60);
  LogJudge judge;
  LogCursor cursor(here, options);
  LogCursor::Verdict verdict = read_on(cursor, log, judge);
  if (verdict == LogCursor::Verdict::again) {
    options.until_is = cursor.until_is();
    LogCursor next(Position(cursor.position()), options);
    verdict = read_on(next, log, judge);
  }
  EXPECT_GE(judge.gaps, 1u);
}

// It has the ring's last record, and the ring knows of the other stream only that nothing was left of it.
TEST(LogCursor, TellsNoGapWhereTheRingBeginsBehindAllThatItHas) {
  LogModel::Habits habits;
  habits.err_percent = 0;
  LogModel log = log_of(100, habits);
  const Position here = log.position_before(100);
  LogCursor::Options options;
  options.until = here;
  options.until->mark(LogStream::err) = {log.entries[10].time_ns, 0};
  log.rotate(100);
  log.write(20);
  log.finish_lines();
  LogCursor cursor(here, options);
  LogJudge judge;
  EXPECT_EQ(read_on(cursor, log, judge), LogCursor::Verdict::reached);
  EXPECT_EQ(judge.gaps, 0u);
  EXPECT_EQ(judge.events.size(), 0u);
}

// The other stream's first record may come late, and be stamped before its place.
TEST(LogCursor, EndsAGapAtTheFirstRecordOfEachStream) {
  LogModel log(1, {});
  for (int i = 0; i < 300; ++i) log.append(LogStream::out, i);
  log.append(LogStream::err, 230);
  Position lost;
  lost.mark(LogStream::out) = {log.now_ns - 1'000'000'000, 1};
  const LogJudge judge = read_from(lost, log);
  ASSERT_EQ(judge.events.size(), 302u);
  ASSERT_TRUE(judge.events[0].gap);
  EXPECT_EQ(judge.events[0].told.to.mark(LogStream::out), (Mark{log.now_ns, 0}));
  EXPECT_EQ(judge.events[0].told.to.mark(LogStream::err), (Mark{log.now_ns + 230'000, 0}));
}

// Rotation took a line's first piece, which had been read, and left a line of the other stream before its rest: short
// reads pass over that one, as they look for a step of the clock, and it must not be lost by it.
TEST(LogCursor, BeginsAfterAGapWithTheLogsFirstRecordWhateverItHasLookedFor) {
  LogModel log(1, {});
  for (int i = 0; i < 5; ++i) log.write_line(LogStream::out, 1);
  log.write_line(LogStream::err, 4);
  log.write_line(LogStream::out, 1);
  std::rotate(log.entries.begin() + 6, log.entries.end() - 1, log.entries.end());
  log.entries[6].time_ns = log.entries[5].time_ns + 1'000'000;
  log.entries[6].mark = {log.entries[6].time_ns, 1};
  for (int i = 0; i < 5; ++i) log.write_line(LogStream::out, 1);
  const std::vector<LogModel::Entry> later(log.entries.begin() + 6, log.entries.end());
  log.entries.resize(6);
  LogCursor::Options options;
  options.rotates = true;
  LogCursor cursor(Position{}, options);
  LogJudge judge;
  ASSERT_EQ(read_on(cursor, log, judge), Verdict::caught_up);
  log.entries.insert(log.entries.end(), later.begin(), later.end());
  log.rotate(6);
  ASSERT_EQ(read_on(cursor, log, judge), Verdict::caught_up);
  EXPECT_EQ(judge.gaps, 1u);
  const bool told = std::any_of(judge.events.begin(), judge.events.end(),
                                [&](const auto& event) { return !event.gap && event.line == later.front().line; });
  EXPECT_TRUE(told) << "the log's first record";
}

TEST(LogCursor, EndsAGapForASilentStreamBetweenWhatWentAndWhatIsToCome) {
  LogModel log(1, {});
  for (int i = 0; i < 100; ++i) log.append(LogStream::out, i);
  Position lost;
  lost.mark(LogStream::out) = {log.now_ns - 1'000'000'000, 1};
  LogCursor cursor(lost, {});
  LogJudge judge;
  EXPECT_EQ(read_on(cursor, log, judge), Verdict::caught_up);
  ASSERT_TRUE(judge.events[0].gap);
  EXPECT_EQ(judge.events[0].told.to.mark(LogStream::err), (Mark{log.now_ns + 49'500, 0}));
  log.append(LogStream::err, 60);
  EXPECT_EQ(read_on(cursor, log, judge), Verdict::caught_up);
  EXPECT_EQ(judge.events.back().mark, (Mark{log.now_ns + 60'000, 1}));
}

TEST(LogCursor, CoversNothingOfAStreamWhoseNextRecordStandsAtItsBound) {
  LogModel log(1, {});
  for (int i = 0; i < 3; ++i) log.append(LogStream::out, i);
  log.append(LogStream::err, 3);
  Position lost;
  lost.mark(LogStream::out) = {log.now_ns - 1'000'000'000, 1};
  lost.mark(LogStream::err) = {log.now_ns + 3'000, 0};
  const LogJudge judge = read_from(lost, log);
  ASSERT_EQ(judge.events.size(), 5u);
  EXPECT_EQ(judge.events[0].told.to.mark(LogStream::err), lost.mark(LogStream::err));
  EXPECT_EQ(judge.events[4].mark, (Mark{log.now_ns + 3'000, 1}));
}

// Its place is gone, and with it the line of the other stream behind which it stands: the bound's own record is left.
TEST(LogCursor, CoversNothingAtTheBoundOfTheStreamThatItDidNotReadLast) {
  for (const std::uint64_t pieces : {1U, 3U}) {
    LogModel log(1, {});
    log.write_line(LogStream::out, pieces);
    Position lost;
    lost.head = LogStream::err;
    lost.mark(LogStream::out) = {log.entries[0].time_ns, 0};
    lost.mark(LogStream::err) = {log.entries[0].time_ns - 40'000'000, 1};
    log.append(LogStream::out, 20'000);
    log.append(LogStream::err, 30'000);
    const LogJudge judge = read_from(lost, log);
    ASSERT_EQ(judge.events.size(), 4U) << pieces;
    ASSERT_TRUE(judge.events[0].gap);
    EXPECT_EQ(judge.events[0].told.to.mark(LogStream::out), lost.mark(LogStream::out));
    EXPECT_EQ(judge.events[1].mark, (Mark{log.entries[0].time_ns, static_cast<std::uint32_t>(pieces)}));
  }
}

// A gap ended within a line, and the line that lies behind that is told before its rest: nothing more can be missing.
TEST(LogCursor, TellsNoSecondGapOfALineWhoseBeginningWasInOne) {
  LogModel log(1, {});
  log.write_line(LogStream::err, 4);
  log.append(LogStream::out, 1);
  std::rotate(log.entries.begin() + 2, log.entries.begin() + 4, log.entries.end());
  Position behind;
  behind.mark(LogStream::out) = {log.entries[2].time_ns, 1};
  behind.mark(LogStream::err) = log.entries[1].mark;
  log.rotate(2);
  const LogJudge judge = read_from(behind, log);
  EXPECT_EQ(judge.gaps, 0U);
  ASSERT_EQ(judge.events.size(), 1U);
  EXPECT_EQ(judge.events[0].first_piece, 2U);
  EXPECT_EQ(judge.events[0].mark, log.entries[4].mark);
}

// Rotation left the log from behind the first piece of a line that is open, and of the other stream only the end of a
// line that was written slowly: it is stamped before that piece, and yet lies behind it.
TEST(LogCursor, DoesNotTakeTheSecondPieceOfALineForItsFirst) {
  LogModel log(1, {});
  log.write_line(LogStream::out, 1);
  log.write_line(LogStream::out, 2);
  log.write_line(LogStream::err, 3);
  std::swap(log.entries[2], log.entries[3]);
  log.write_line(LogStream::out, 1);
  const LogJudge judge = read_while_rotating(Position{}, log, 3, 3);
  EXPECT_EQ(judge.judge(log, 0, log.entries.size()), "");
  EXPECT_EQ(judge.gaps, 1U);
}

// The same of a log that begins with a whole line: no gap is told, behind which what was told would come again.
TEST(LogCursor, CountsThePiecesOfALineBehindTheLogsFirstRecord) {
  LogModel log(1, {});
  for (int i = 0; i < 2; ++i) log.write_line(LogStream::err, 1);
  log.write_line(LogStream::out, 3);
  log.write_line(LogStream::err, 1);
  std::rotate(log.entries.begin() + 3, log.entries.end() - 1, log.entries.end());
  const LogJudge judge = read_while_rotating(Position{}, log, 5, 1);
  EXPECT_EQ(judge.judge(log, 0, log.entries.size()), "");
  EXPECT_EQ(judge.gaps, 0U);
}

}  // namespace
}  // namespace docker
