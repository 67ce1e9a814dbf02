// Two reckonings of one log: who began to count behind a backward step of the clock, and who knows what was before it.
#include "docker/log_sight.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <span>

#include "docker/log_cursor.hpp"
#include "docker/log_model.hpp"

namespace docker {
namespace {

using Verdict = LogCursor::Verdict;

// The position before the record, as one tells it who has read from `begin` on.
Position position_of(const LogModel& log, std::size_t begin, std::size_t index) {
  Position position;
  std::array<Mark, 2> marks;
  for (std::size_t i = begin; i < index; ++i) {
    const LogModel::Entry& entry = log.entries[i];
    Mark& mark = marks[index_of(entry.stream)];
    mark = mark.next(entry.time_ns);
    if (entry.last) reach(position, entry.stream, mark, entry.time_ns);
  }
  return position;
}

struct Log {
  LogModel model{7, {0, 0, 40, 40'000'000}};
  std::size_t step = 0;

  explicit Log(std::size_t before = 300, std::size_t behind = 300) {
    model.write(before);
    step = model.entries.size();
    model.now_ns -= 3'600'000'000'000;
    model.write(behind);
  }
  Position full(std::size_t index) const { return position_of(model, 0, index); }
  Position late(std::size_t index) const { return position_of(model, step + 10, index); }
};

class Lines final : public LogOut {
 public:
  void on_line(const Line& line) override {
    numbers.push_back(std::stoull(std::string(line.text.substr(0, line.text.find('.')))));
  }
  void on_gap(const Gap&) override { ++gaps; }
  void on_reckoning(const Position&) override { ++reckonings; }

  std::vector<std::uint64_t> numbers;
  int gaps = 0, reckonings = 0;
};

// As HistoryRead does it.
Position read_until(const LogModel& log, Position from, LogCursor::Options options, Lines& lines) {
  for (Verdict verdict = Verdict::again; verdict == Verdict::again;) {
    LogCursor cursor(from, options);
    if (cursor.done()) return from;
    verdict = read_on(cursor, log, lines);
    from = cursor.position();
    options.until_is = cursor.until_is();
  }
  return from;
}

// The same of a log that is shown whole in one read; `from` moves along.
Verdict read_whole(std::span<const LogRecord> records, Position& from, LogCursor::Options options, LogOut& out) {
  Verdict verdict = Verdict::again;
  for (int i = 0; i < 3 && verdict == Verdict::again; ++i) {
    LogCursor cursor(from, options);
    cursor.begin(false);
    auto step = LogCursor::Step::more;
    for (std::size_t at = 0; step == LogCursor::Step::more && at < records.size(); ++at)
      step = cursor.take(records[at], 0, out);
    verdict = cursor.end(step == LogCursor::Step::more, out);
    from = cursor.position();
    options.until_is = cursor.until_is();
  }
  return verdict;
}

std::vector<std::uint64_t> lines_of(const LogModel& log, std::size_t from, std::size_t to) {
  std::vector<std::uint64_t> numbers;
  for (std::size_t i = from; i < to; ++i) numbers.push_back(log.entries[i].line);
  return numbers;
}

TEST(LogSight, MeetsTheRecordAndCountsOnAsThePositionDoes) {
  const Log log;
  LogSight sight(log.late(500));
  sight.begin();
  for (std::size_t i = 0; i < 499; ++i) sight.take(log.model.record(i));
  EXPECT_FALSE(sight.met());
  for (std::size_t i = 499; i < 540; ++i) sight.take(log.model.record(i));
  ASSERT_TRUE(sight.met());
  for (const LogStream stream : {LogStream::out, LogStream::err}) {
    EXPECT_EQ(sight.ended(stream), log.late(540).mark(stream));
    EXPECT_EQ(sight.seen(stream), log.late(540).mark(stream));
  }
  Position bound;
  bound.marks[0] = {log.model.entries[5].time_ns, 0};
  EXPECT_FALSE(LogSight(bound).possible());
}

TEST(LogCursor, ReadsBetweenPositionsOfTwoReckonings) {
  const Log log;
  const struct {
    Position from, until;
    std::size_t begin, end;
  } cases[] = {
      {log.full(100), log.late(500), 100, 500}, {log.full(400), log.late(500), 400, 500},
      {log.late(400), log.full(500), 400, 500}, {log.full(500), log.late(500), 500, 500},
      {log.late(500), log.full(500), 500, 500}, {log.full(520), log.late(500), 520, 520},
      {Position{}, log.late(600), 0, 600},      {log.full(300), log.late(600), 300, 600},
      {log.full(100), log.full(500), 100, 500},
  };
  for (const auto& each : cases) {
    Lines lines;
    LogCursor::Options options;
    options.until = each.until;
    read_until(log.model, each.from, options, lines);
    EXPECT_EQ(lines.numbers, lines_of(log.model, each.begin, each.end)) << each.begin << " to " << each.end;
    EXPECT_EQ(lines.gaps, 0);
  }
}

TEST(LogSight, CountsLinesOfOneStamp) {
  Position until;
  reach(until, LogStream::out, {7, 3}, 7);
  LogSight sight(until);
  sight.begin();
  sight.take({LogStream::out, 6, "a\n"});
  for (const char* text : {"b\n", "c\n"}) sight.take({LogStream::out, 7, text});
  EXPECT_FALSE(sight.met());
  sight.take({LogStream::out, 7, "d\n"});
  EXPECT_TRUE(sight.met());
}

// A full last piece without a newline is a line once its stream goes on, or its run is over: behind what followed it.
TEST(LogCursor, ReadsUpToALineThatWasToldLate) {
  const std::int64_t s = 1'000'000'000;
  const std::string full(piece_bytes, 'x');
  const LogRecord records[] = {
      {LogStream::err, 2 * s, "e\n"}, {LogStream::out, 4 * s, "o\n"},  {LogStream::err, 5 * s, full},
      {LogStream::out, 6 * s, "o\n"}, {LogStream::err, 10 * s, "e\n"},
  };
  Position from, until;
  reach(from, LogStream::err, {2 * s, 1}, 2 * s);
  reach(from, LogStream::out, {4 * s, 1}, 4 * s);
  reach(until, LogStream::out, {6 * s, 1}, 6 * s);
  reach(until, LogStream::err, {5 * s, 1}, 5 * s);
  struct Counting final : LogOut {
    void on_line(const Line& line) override { told.push_back(line.time_ns / 1'000'000'000); }
    void on_gap(const Gap&) override { told.push_back(-1); }
    std::vector<std::int64_t> told;
  } out;
  LogCursor::Options options;
  options.until = until;
  EXPECT_EQ(read_whole(records, from, options, out), Verdict::reached);
  EXPECT_EQ(out.told, (std::vector<std::int64_t>{6, 5}));
}

// The streams' clocks were caught up with apart: of the head nothing shows that the other stream is counted otherwise.
TEST(LogCursor, TakesAReckoningThatOnlyTheOtherStreamShows) {
  const std::int64_t s = 1'000'000'000;
  const LogRecord records[] = {
      {LogStream::out, 16 * s, "o\n"},
      {LogStream::out, 11 * s, "o\n"},
      {LogStream::err, 12 * s, "e\n"},
      {LogStream::out, 13 * s, "o\n"},
  };
  for (const bool until : {false, true}) {
    Position from, full;
    reach(from, LogStream::out, {11 * s, 1}, 11 * s);
    reach(from, LogStream::err, {12 * s, 1}, 12 * s);
    reach(full, LogStream::out, {16 * s, 2}, 11 * s);
    reach(full, LogStream::err, {12 * s, 1}, 12 * s);
    LogCursor::Options options;
    (until ? options.until : options.sought) = full;
    struct Silent final : LogOut {
      void on_line(const Line&) override { ++told; }
      void on_gap(const Gap&) override { ++told; }
      int told = 0;
    } out;
    EXPECT_EQ(read_whole(records, from, options, out), until ? Verdict::reached : Verdict::caught_up);
    EXPECT_EQ(out.told, until ? 0 : 1);
    EXPECT_EQ(from.mark(LogStream::out), (Mark{16 * s, until ? 2U : 3U}));
  }
}

TEST(LogCursor, TakesTheReckoningOfThePositionThatItMeets) {
  const Log log;
  for (const std::size_t from : {350U, 480U, 520U}) {
    Lines lines;
    LogCursor::Options options;
    options.sought = log.late(500);
    EXPECT_EQ(read_until(log.model, log.full(from), options, lines), log.late(600));
    options.sought = log.full(500);
    EXPECT_EQ(read_until(log.model, log.late(from), options, lines), log.full(600));
    EXPECT_EQ(lines.reckonings, 2);
    EXPECT_EQ(lines.gaps, 0);
    EXPECT_EQ(lines.numbers.size(), 2 * (600 - from));
  }
}

TEST(LogCursor, LooksFurtherBackForAPositionThatItSeemsToLack) {
  const Log log(300, 2500);
  Lines lines;
  LogCursor::Options options;
  options.sought = log.full(400);
  EXPECT_EQ(read_until(log.model, log.late(2700), options, lines), log.full(2800));
  EXPECT_EQ(lines.numbers, lines_of(log.model, 2700, 2800));
}

// A ring that stood still since before the step, and a follower who comes from elsewhere.
TEST(LogCursor, SaysWhereItStandsIfThatIsBehindTheEndItWasGiven) {
  for (const std::size_t behind : {50U, 2500U}) {  // the end is in the first read, or far before it
    const Log log(300, behind + 100);
    const std::size_t from = 300 + behind, end = log.model.entries.size();
    Lines lines;
    LogCursor::Options options;
    options.until = log.full(295);
    const Position at = read_until(log.model, log.late(from), options, lines);
    EXPECT_EQ(at, log.full(from + lines.numbers.size()));
    EXPECT_EQ(lines.numbers, lines_of(log.model, from, behind == 50 ? from : end));
    EXPECT_EQ(lines.gaps, 0);
  }
}

TEST(LogCursor, FindsItsPlaceBehindAStepThatItDidNotSee) {
  const Log log(3000, 2500);
  for (const std::size_t from : {3100U, 4000U, 5400U}) {
    Lines lines;
    EXPECT_EQ(read_until(log.model, log.late(from), {}, lines), log.late(5500));
    EXPECT_EQ(lines.numbers, lines_of(log.model, from, 5500));
    EXPECT_EQ(lines.gaps, 0);
  }
}

// The read begins within its line and behind a step of the clock, so that all of that line looks newer than the read.
TEST(LogCursor, DoesNotTakeALaterRecordForTheEndOfALineThatBeganBeforeTheRead) {
  LogModel log(1, {});
  log.append(LogStream::out, 0);
  log.write_line(LogStream::err, 4);
  const Position at = position_of(log, 0, 5);
  log.now_ns -= 3'600'000'000'000;
  log.append(LogStream::out, 0);
  std::rotate(log.entries.begin() + 2, log.entries.end() - 1, log.entries.end());
  for (int i = 0; i < 252; ++i) log.append(i % 10 == 3 ? LogStream::err : LogStream::out, 1000 * i);
  Lines lines;
  read_until(log, at, {}, lines);
  EXPECT_EQ(lines.gaps, 0);
  EXPECT_EQ(lines.numbers.size(), 252U);
}

// The same of the other stream's line. Its next piece comes before the place to go on from, or behind it.
TEST(LogCursor, DoesNotTakeTheRestOfALineThatBeganBeforeAStepOfTheClockForAWholeOne) {
  for (const std::ptrdiff_t next : {200, 290}) {
    LogModel log(1, {});
    log.write_line(LogStream::err, 1);
    log.write_line(LogStream::err, 3);
    log.now_ns -= 20'000'000'000;
    for (int i = 0; i < 300; ++i) log.append(LogStream::out, 1000 * i);
    std::rotate(log.entries.begin() + 2, log.entries.begin() + 4, log.entries.end());
    std::rotate(log.entries.begin() + next, log.entries.end() - 2, log.entries.end() - 1);
    const LogJudge told = read_from(position_of(log, 0, 250), log);
    EXPECT_EQ(told.gaps, 0U);
    ASSERT_EQ(told.events.back().stream, LogStream::err);
    EXPECT_EQ(told.events.back().first_piece, 0U) << next;
    EXPECT_EQ(told.events.back().mark, log.entries.back().mark) << next;
  }
}

}  // namespace
}  // namespace docker
