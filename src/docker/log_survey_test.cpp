#include "docker/log_survey.hpp"

#include <gtest/gtest.h>

#include "docker/log_model.hpp"

namespace docker {
namespace {

struct Survey {
  Position position;
  int reads = 0;
};
Survey survey(const LogModel& log, LogSurvey::Options options) {
  Survey result;
  LogSurvey survey(Position{}, options);
  for (auto verdict = LogSurvey::Verdict::wider; verdict == LogSurvey::Verdict::wider; ++result.reads) {
    std::size_t at = log.start_of(survey.begin());
    while (at < log.entries.size() && survey.take(log.record(at)) == LogCursor::Step::more) ++at;
    verdict = survey.end(true);
  }
  result.position = survey.position();
  return result;
}

std::size_t lines_of(const LogModel& log, std::size_t from) {
  std::size_t lines = 0;
  for (std::size_t i = from; i < log.entries.size(); ++i) lines += log.entries[i].last;
  return lines;
}

// What the survey's position leads to: the last N lines and nothing else.
TEST(LogSurvey, FindsTheLastLinesWhereverTheReadBegins) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    LogModel::Habits habits;
    habits.long_percent = 15;
    habits.err_percent = seed % 2 == 0 ? 30 : 2;
    LogModel log(seed, habits);
    log.write(100 + log.pick(2000));
    log.finish_lines();
    if (seed % 3 == 0) log.rotate(log.pick(300));
    for (std::uint64_t wanted : {0u, 1u, 7u, 90u, 900u}) {
      Position position = survey(log, {false, wanted, {}, {}}).position;
      LogCursor cursor(position, {});
      LogJudge judge;
      ASSERT_EQ(read_on(cursor, log, judge), LogCursor::Verdict::caught_up);
      std::size_t from = log.entries.size();
      while (from > log.oldest && lines_of(log, from) < wanted) --from;
      EXPECT_EQ(judge.gaps, 0u) << seed;
      EXPECT_EQ(judge.events.size(), std::min<std::size_t>(wanted, lines_of(log, log.oldest))) << seed << " " << wanted;
      if (from == log.oldest) continue;  // its first line may be the rest of a longer one
      EXPECT_EQ(judge.judge(log, from, log.entries.size()), "") << seed << " " << wanted;
    }
  }
}

// Its only records are those of the read's first second: where the clock goes back behind them, a bound above their
// stamp would be above all that is still to come.
TEST(LogSurvey, CallsAStreamThatABackwardStepFollowsAsTheLogDoes) {
  LogModel log(1, {});
  const std::int64_t ms = 1'000'000, begun = log.now_ns;
  const auto write = [&](LogStream stream, std::int64_t at_ms) {
    log.entries.push_back({stream, begun + at_ms * ms, "line\n", log.entries.size(), true, true, {}});
  };
  write(LogStream::out, 0);
  write(LogStream::err, 500);
  for (std::int64_t i = 1; i < 30; ++i) write(LogStream::out, 1000 * i);
  write(LogStream::err, -3'600'000);
  const Position position = survey(log, {false, 0u, {}, {}}).position;
  EXPECT_EQ(position.mark(LogStream::err), (Mark{begun + 500 * ms, 2}));
}

TEST(LogSurvey, FindsWhatAPositionAndANumberBothAllow) {
  LogModel log(3, {0, 0, 40, 40'000'000});
  log.write(1000);
  const std::size_t end = log.entries.size();
  for (const std::size_t after : {std::size_t{0}, std::size_t{100}, end - 20, end - 19, end}) {
    for (const std::uint64_t lines : {std::uint64_t{0}, std::uint64_t{20}, std::uint64_t{2000}}) {
      const Position position = survey(log, {false, lines, {}, {}, log.position_before(after)}).position;
      LogCursor cursor(position, {});
      LogJudge judge;
      ASSERT_EQ(read_on(cursor, log, judge), LogCursor::Verdict::caught_up);
      EXPECT_EQ(judge.events.size(), std::min<std::uint64_t>(lines, end - after)) << after << ", " << lines;
      const bool allows_all = lines >= end - after;
      EXPECT_EQ(position == log.position_before(after), allows_all) << after << ", " << lines;
    }
  }
}

// A line over 1 MiB is delivered in parts and counted once; nobody is ever sent between them.
TEST(LogSurvey, CountsAnEndlessLineOnceAndWhereItEnds) {
  LogModel log = log_of(50);
  const Position before = log.position_before(log.entries.size());
  log.write_line(LogStream::err, 200);
  EXPECT_EQ(survey(log, {false, 1, {}, {}}).position, before);
  EXPECT_EQ(survey(log, {false, 2, {}, {}}).position, log.position_before(49));
  EXPECT_EQ(survey(log, {false, {}, log.now_ns - 1'000'000'000, {}}).position, before);

  LogModel unfinished = log;
  unfinished.entries.resize(50 + 150);
  EXPECT_EQ(survey(unfinished, {false, 0, {}, {}}).position, before);
  Position until = log.position_before(50);
  until.mark(LogStream::err) = log.entries[50 + 127].mark;  // between its parts
  for (std::size_t lines : {1u, 2u}) {
    const Position found = survey(log, {false, lines, {}, until}).position;
    EXPECT_EQ(found.mark(LogStream::err), log.position_before(50 - lines).mark(LogStream::err)) << lines;
  }
}

// Of what rotation took nobody may be told again, and what is to come is no rest of a line that began before.
TEST(LogSurvey, PutsAStreamOfWhichALogShowsNothingAtItsBeginning) {
  LogModel log(1, {});
  for (int i = 0; i < 3; ++i) log.append(LogStream::out, i);
  const Position present = survey(log, {false, 0, {}, {}}).position;
  EXPECT_EQ(present.mark(LogStream::out), (Mark{log.now_ns + 2'000, 1}));
  EXPECT_EQ(present.mark(LogStream::err), (Mark{log.now_ns, 0}));
  LogCursor cursor(present, {});
  LogJudge judge;
  log.append(LogStream::err, 3);
  EXPECT_EQ(read_on(cursor, log, judge), LogCursor::Verdict::caught_up);
  EXPECT_EQ(judge.events.size(), 1u);
  EXPECT_EQ(judge.gaps, 0u);
}

TEST(LogSurvey, GoesNoFurtherThanWhereTheRingBegins) {
  LogModel log(1, {});
  log.append(LogStream::err, 0);
  for (int i = 1; i < 300; ++i) log.append(LogStream::out, i * 1'000'000);
  Position until;
  until.mark(LogStream::err) = {log.now_ns, 1};
  until.mark(LogStream::out) = {log.now_ns + 200'000'000'000, 1};
  const Position found = survey(log, {false, 20, {}, until}).position;
  EXPECT_EQ(found.mark(LogStream::err), (Mark{log.now_ns, 1}));
  EXPECT_EQ(found.mark(LogStream::out), (Mark{log.now_ns + 180'000'000'000, 1}));
}

TEST(LogSurvey, FindsThePlaceOfATime) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    LogModel log(seed, {});
    log.write(2000);
    log.finish_lines();
    std::int64_t time = log.entries[log.pick(2000)].time_ns;
    LogCursor cursor(survey(log, {false, {}, time, {}}).position, {});
    LogJudge judge;
    ASSERT_EQ(read_on(cursor, log, judge), LogCursor::Verdict::caught_up);
    std::size_t wanted = 0;
    for (const LogModel::Entry& entry : log.entries) wanted += entry.last && entry.time_ns >= time;
    std::size_t slack = 4;  // the disorder between the streams: the reader drops what is stamped before
    EXPECT_GE(judge.events.size(), wanted);
    EXPECT_LE(judge.events.size(), wanted + slack);
    EXPECT_EQ(judge.gaps, 0u);
  }
}

TEST(LogSurvey, OfAnEmptyLogIsItsStart) {
  LogModel log(1, {});
  EXPECT_EQ(survey(log, {false, 0, {}, {}}).position, Position{});
  EXPECT_EQ(survey(log, {false, 100, {}, {}}).position, Position{});
}

TEST(LogSurvey, CountsBackFromWhereTheRingBegins) {
  LogModel log = log_of(1000);
  Position until = log.position_before(600);
  LogCursor::Options options;
  options.until = until;
  LogCursor cursor(survey(log, {false, 20, {}, until}).position, options);
  LogJudge judge;
  EXPECT_EQ(read_on(cursor, log, judge), LogCursor::Verdict::reached);
  EXPECT_EQ(judge.events.size(), 20u);
}

TEST(LogSurvey, FindsWhatATimeAndANumberBothAllow) {
  const LogModel log = log_of(1000);
  const auto lines_behind = [&](std::uint64_t lines, std::size_t since) {
    LogCursor cursor(survey(log, {false, lines, log.entries[since].time_ns, {}}).position, {});
    LogJudge judge;
    EXPECT_EQ(read_on(cursor, log, judge), LogCursor::Verdict::caught_up);
    return judge.events.size();
  };
  EXPECT_EQ(lines_behind(20, 500), 20U);
  EXPECT_LE(lines_behind(900, 990), 12U);
  EXPECT_GE(lines_behind(900, 990), 5U);
  EXPECT_GT(lines_behind(900, 200), 500U);
}

// The ring is behind: what it has yet to bring is too early as well.
TEST(LogSurvey, LooksForATimeBehindWhereTheRingBegins) {
  LogModel log = log_of(1000);
  const Position until = log.position_before(300);
  const auto lines_from = [&](std::optional<std::uint64_t> lines) {
    LogCursor cursor(survey(log, {false, lines, log.entries[600].time_ns, until}).position, {});
    LogJudge judge;
    EXPECT_EQ(read_on(cursor, log, judge), LogCursor::Verdict::caught_up);
    return judge.events.size();
  };
  EXPECT_GT(lines_from({}), 380U);
  EXPECT_LE(lines_from({}), 400U);
  EXPECT_EQ(lines_from(20), 20U);
}

TEST(LogSurvey, CountsNothingBehindAPlaceThatRotationTook) {
  LogModel log = log_of(1000);
  const Position until = log.position_before(600);
  log.rotate(700);
  EXPECT_EQ(survey(log, {false, 20, {}, until}).position.marks, Position{}.marks);
}

// The other stream's only lines in the read: one that may have begun before it, and one behind the ring's beginning.
TEST(LogSurvey, SetsABoundBetweenTheLinesBeforeAndBehindThePosition) {
  const std::int64_t start = 100'000'000'000, step = 1'000'000;
  Position until;
  until.marks = {Mark{start + 99 * step, 1}, Mark{start + 10 * step, 1}};
  LogSurvey survey(Position{}, {false, 3, {}, until});
  survey.begin();
  for (int i = 0; i < 100; ++i) {
    survey.take({LogStream::out, start + i * step, "out\n"});
    if (i == 10) survey.take({LogStream::err, start + i * step, "before\n"});
  }
  survey.take({LogStream::err, start + 200 * step, "behind\n"});
  ASSERT_EQ(survey.end(true), LogSurvey::Verdict::found);
  EXPECT_EQ(survey.position().mark(LogStream::out), (Mark{start + 96 * step, 1}));
  EXPECT_EQ(survey.position().mark(LogStream::err), until.mark(LogStream::err));  // and not behind it
}

// Rotation has taken the ring's beginning, and nothing is left of stderr: what is told lies behind all that it had.
TEST(LogSurvey, SetsNoBoundBeforeThePositionWhereTheRingBeginsBeforeThat) {
  const std::int64_t start = 100'000'000'000, step = 1'000'000;
  Position until;
  until.marks = {Mark{start - 50 * step, 1}, Mark{start - 90 * step, 1}};
  LogSurvey survey(Position{}, {false, {}, start + 60 * step, until});
  survey.begin();
  for (int i = 0; i < 100 && survey.take({LogStream::out, start + i * step, "out\n"}) == LogCursor::Step::more; ++i) {
  }
  ASSERT_EQ(survey.end(false), LogSurvey::Verdict::found);
  EXPECT_EQ(survey.position().mark(LogStream::out), (Mark{start + 59 * step, 1}));
  EXPECT_EQ(survey.position().mark(LogStream::err).count, 0U);
  EXPECT_GE(survey.position().mark(LogStream::err).max_ns, start);
}

// The line before which it stands loses its first piece: what is left of it is not told as if it were the line.
TEST(LogSurvey, StandsBeforeALongLineSoThatItsLossIsSeen) {
  for (const std::uint64_t others : {20U, 2000U}) {
    LogModel log(1, {});
    for (std::uint64_t i = 0; i < others; ++i) log.append(LogStream::err, static_cast<std::int64_t>(i) * 10'000);
    const std::int64_t time_ns = log.now_ns + static_cast<std::int64_t>(others) * 10'000'000;
    std::string piece = std::to_string(others) + ".0;";
    piece.resize(piece_bytes, 'x');
    log.entries.push_back({LogStream::out, time_ns, piece, others, true, false, {}});
    log.append(LogStream::err, static_cast<std::int64_t>(others) * 10'000 + 1);
    log.entries.push_back({LogStream::out, time_ns, std::to_string(others) + ".1;\n", others, false, true, {}});
    const Position position = survey(log, {false, 1, {}, {}}).position;
    EXPECT_EQ(position.head, LogStream::err);
    log.rotate(others + 1);
    LogCursor::Options options;
    options.rotates = true;
    LogCursor cursor(position, options);
    LogJudge judge;
    EXPECT_EQ(read_on(cursor, log, judge), LogCursor::Verdict::caught_up);
    EXPECT_EQ(judge.gaps, 1U) << others;
  }
}

}  // namespace
}  // namespace docker
