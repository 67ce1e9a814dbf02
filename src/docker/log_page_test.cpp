// A LogSurvey that keeps pages: paging back over a log gives what one read of it gives, and costs little more.
#include <gtest/gtest.h>

#include <deque>

#include "docker/log_model.hpp"
#include "docker/log_survey.hpp"

namespace docker {
namespace {

struct Told {
  LogStream stream;
  std::int64_t time_ns;
  std::string text;
  friend bool operator==(const Told&, const Told&) = default;
};

// By one read from its beginning.
std::deque<Told> whole(const LogModel& log) {
  std::deque<Told> all;
  LogLines lines(false);
  for (std::size_t i = log.oldest; i < log.entries.size(); ++i) {
    lines.take(log.record(i), log.entries[i].mark, [&all](const Line& line) {
      all.push_back({line.stream, line.time_ns, std::string(line.text)});
    });
  }
  return all;
}

struct Paging {
  std::deque<Told> lines;
  std::size_t pages = 0, reads = 0, records = 0;  // what the Engine was asked, and showed
  std::optional<Position> before = {};
  std::optional<std::uint64_t> depth = {};
  bool more = true;

  void back(const LogModel& log, std::uint64_t limit, std::size_t bytes = 1 << 30) {
    LogSurvey::Options options{false, limit, {}, before};
    options.page_bytes = bytes;
    options.depth = depth;
    LogSurvey survey(Position{}, options);
    for (auto verdict = LogSurvey::Verdict::wider; verdict == LogSurvey::Verdict::wider; ++reads) {
      const ReadPlan plan = survey.begin();
      for (std::size_t at = log.start_of(plan); at < log.entries.size(); ++at, ++records) {
        if (plan.until_ns && log.entries[at].time_ns > *plan.until_ns) break;
        if (survey.take(log.record(at)) == LogCursor::Step::stop) break;
      }
      verdict = survey.end(true);
      ASSERT_NE(verdict, LogSurvey::Verdict::broken);
    }
    ++pages;
    const auto& page = survey.lines();
    EXPECT_LE(page.size(), limit);
    for (auto line = page.rbegin(); line != page.rend(); ++line)
      lines.push_front({line->stream, line->time_ns, line->text->bytes});
    more = survey.more();
    before = survey.position();
    depth = survey.depth();
  }
};

TEST(LogPage, PagesJoinedAreTheLog) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    LogModel::Habits habits;
    habits.long_percent = seed % 3 == 0 ? 20 : 3;
    habits.err_percent = seed % 2 == 0 ? 30 : 1;
    if (seed % 4 == 0) habits.pause_ns_max = 20'000;  // a burst: stamps lie close, and out of order across the streams
    LogModel log(seed, habits);
    log.write(200 + log.pick(2000));
    log.finish_lines();
    if (seed % 5 == 0) log.rotate(log.pick(100));
    const std::deque<Told> wanted = whole(log);
    Paging paging;
    while (paging.more) {
      paging.back(log, 1 + log.pick(150));
      if (log.chance(20)) paging.depth.reset();  // another instance, perhaps, which does not know
      ASSERT_LT(paging.pages, 5000U) << seed;
    }
    EXPECT_TRUE(paging.lines == wanted) << seed << ": " << paging.lines.size() << " of " << wanted.size();
  }
}

// As `local` before 23.0 has lines that fill a piece: only the stream's next record says that they have ended.
TEST(LogPage, ALineWhoseEndIsKnownLateIsInOnePage) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    LogModel log(seed, {});
    std::array<Mark, 2> marks;
    for (std::uint64_t i = 0; i < 300; ++i) {
      log.now_ns += 1'000'000;
      const auto stream = static_cast<LogStream>(log.pick(2));
      std::string text = std::to_string(i) + ".0;\n";
      if (stream == LogStream::out && log.chance(30)) text.resize(piece_bytes, 'y');
      Mark& mark = marks[index_of(stream)] = marks[index_of(stream)].next(log.now_ns);
      log.entries.push_back({stream, log.now_ns, std::move(text), i, true, true, mark});
    }
    const std::deque<Told> wanted = whole(log);
    Paging paging;
    while (paging.more) {
      paging.back(log, 1 + log.pick(4));
      if (log.chance(20)) paging.depth.reset();
    }
    EXPECT_TRUE(paging.lines == wanted) << seed << ": " << paging.lines.size() << " of " << wanted.size();
  }
}

TEST(LogPage, ALogThatIsWrittenMeanwhileIsPagedBackFromWhereThePageBeganNotFromItsEnd) {
  LogModel log(7, {});
  log.write(3000);
  log.finish_lines();
  const std::deque<Told> wanted = whole(log);
  Paging paging;
  while (paging.more) {
    paging.back(log, 100);
    log.write(paging.pages % 3 == 0 ? 700 : 20);
    log.finish_lines();
  }
  EXPECT_TRUE(paging.lines == wanted) << paging.lines.size() << " of " << wanted.size();
}

TEST(LogPage, WhereTheClockWentBackNothingIsLostOrTwice) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    LogModel log(seed, {5, 4, 30, 40'000'000});
    log.write(2000);
    log.finish_lines();
    Paging paging;
    while (paging.more) {
      paging.back(log, 60);
      ASSERT_LT(paging.pages, 200U) << seed;
    }
    EXPECT_TRUE(paging.lines == whole(log)) << seed << ": " << paging.lines.size() << " of " << whole(log).size();
  }
}

TEST(LogPage, FiftyPagesBackCostLittleMoreThanTheirLines) {
  LogModel log(3, {0, 0, 30, 40'000'000});
  log.write(60'000);
  Paging paging;
  while (paging.pages < 50) paging.back(log, 1000);
  EXPECT_EQ(paging.lines.size(), 50'000U);
  EXPECT_LT(paging.records, 50'000U * 13 / 10) << "a page and an eighth, and some more to prove where it begins";
  EXPECT_EQ(paging.reads, 50U);
}

TEST(LogPage, APageOfLongLinesHasFewerAndAtLeastOne) {
  LogModel log(5, {0, 0, 0, 40'000'000});
  for (int i = 0; i < 10; ++i) log.write_line(LogStream::out, 3);
  Paging paging;
  paging.back(log, 100, 7 * piece_bytes);  // two and a little more each
  EXPECT_EQ(paging.lines.size(), 3U);
  EXPECT_TRUE(paging.more);
  paging.back(log, 100, 1);
  EXPECT_EQ(paging.lines.size(), 4U);
  while (paging.more) paging.back(log, 100, 1 << 20);
  EXPECT_TRUE(paging.lines == whole(log));
}

TEST(LogPage, ALineThatIsTooLongToBeHeldIsSaidToBe) {
  LogModel log(5, {0, 0, 0, 40'000'000});
  log.write(100);
  log.write_line(LogStream::out, 1 + LogSurvey::line_bytes_max / piece_bytes);
  LogSurvey survey(Position{}, [] {
    LogSurvey::Options options{false, 1, {}, {}};
    options.page_bytes = 1 << 20;
    return options;
  }());
  do {
    for (std::size_t at = log.start_of(survey.begin()); at < log.entries.size(); ++at) survey.take(log.record(at));
  } while (survey.end(true) == LogSurvey::Verdict::wider);
  ASSERT_EQ(survey.lines().size(), 1U);
  EXPECT_TRUE(survey.lines().front().text->too_long);
  EXPECT_LE(survey.lines().front().text->bytes.size(), LogSurvey::line_bytes_max);
}

}  // namespace
}  // namespace docker
