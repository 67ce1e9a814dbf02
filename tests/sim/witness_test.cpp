#include "sim/witness_fixture.hpp"

namespace sim {
namespace {

using docker::LogStream;
using testing::HasSubstr;

TEST_F(WitnessTest, AcceptsEveryLineOnceAndInOrder) {
  log();
  EXPECT_EQ(subscribe(at({})), "");
  for (int i = 1; i <= 3; ++i) write(i * 10);
  write(15, SimStream::err);
  EXPECT_EQ(hear(at({20, 1}), {line(10), line(20)}), "");
  EXPECT_EQ(hear(at({30, 1}, {15, 1}), {line(15, LogStream::err), line(30)}), "");
  EXPECT_EQ(witness_->complete(), "");
}

TEST_F(WitnessTest, FindsALineThatIsMissingRepeatedOrInvented) {
  log();
  EXPECT_EQ(subscribe(at({})), "");
  for (int i = 1; i <= 4; ++i) write(i);
  EXPECT_THAT(hear(at({2, 1}), {line(2)}), HasSubstr("was left out"));
  EXPECT_EQ(hear(at({2, 1}), {line(1), line(2)}), "");
  EXPECT_THAT(hear(at({3, 1}), {line(2)}), HasSubstr("comes again"));
  EXPECT_THAT(hear(at({3, 1}), {line(9)}), HasSubstr("never written"));
  EXPECT_THAT(witness_->complete(), HasSubstr("2 to 3 of stdout never came"));
}

TEST_F(WitnessTest, FindsAWrongPrevAndAPositionThatSaysSomethingElseThanTheLines) {
  log();
  EXPECT_EQ(subscribe(at({})), "");
  write(1);
  write(2);
  EXPECT_THAT(hear(at({1, 2}), {line(1), line(2)}), HasSubstr("the position says"));
  log();
  EXPECT_EQ(subscribe(at({5, 0})), "");
  Heard heard;
  heard.type = "logs";
  heard.prev = at({1, 1});
  EXPECT_THAT(witness_->hear(heard), HasSubstr("prev is"));
}

TEST_F(WitnessTest, TakesAGapOnlyForWhatRotationTook) {
  log({.max_size = 1, .max_file = 2});
  EXPECT_EQ(subscribe(at({})), "");
  write(1);
  EXPECT_EQ(hear(at({1, 1}), {line(1)}), "");
  for (int i = 2; i <= 5; ++i) write(i);
  EXPECT_THAT(gap(at({5, 0})), HasSubstr("needless gap: line 3"));
  log({.max_size = 1, .max_file = 2});
  EXPECT_EQ(subscribe(at({1, 0})), "");
  for (int i = 1; i <= 5; ++i) write(i);
  EXPECT_EQ(gap(at({4, 0})), "");
  EXPECT_THAT(gap(at({4, 0})), HasSubstr("two gaps"));
  EXPECT_EQ(hear(at({5, 1}), {line(4), line(5)}), "");
  EXPECT_EQ(tally_["lines in gaps"], 3U);
}

TEST_F(WitnessTest, TakesAnEmptyGapOnlyOfAStreamWhoseLastLineIsGone) {
  log({.max_size = 1, .max_file = 3});
  EXPECT_EQ(subscribe(at({1, 0}, {1, 0})), "");
  write(1, SimStream::err);
  write(2);
  EXPECT_EQ(hear(at({2, 1}, {1, 1}), {line(1, LogStream::err), line(2)}), "");
  write(3);
  write(4, SimStream::err);
  EXPECT_THAT(gap(at({3, 0}, {1, 1})), HasSubstr("nothing is missing"));
  EXPECT_EQ(gap(at({2, 1}, {4, 0})), "");
}

TEST_F(WitnessTest, TakesAGapForWhatWasRemovedWithItsContainer) {
  log();
  EXPECT_EQ(subscribe(at({})), "");
  write(1);
  EXPECT_THAT(gap(at({1, 1})), HasSubstr("needless gap: line 0"));
  log();
  EXPECT_EQ(subscribe(at({1, 0})), "");
  write(1);
  log_->remove();
  EXPECT_EQ(gap(at({1, 1})), "");
}

TEST_F(WitnessTest, TakesASecondGapBehindOneThatLeadsToTheRing) {
  log({.max_size = 1, .max_file = 2});
  EXPECT_EQ(subscribe(at({1, 0})), "");
  for (int i = 1; i <= 5; ++i) write(i);
  EXPECT_EQ(gap(at({3, 1})), "");
  EXPECT_EQ(gap(at({4, 0})), "");
  EXPECT_THAT(gap(at({4, 0})), HasSubstr("two gaps"));
}

// Where the log shows nothing of a stream behind a gap, its bound is a guess.
TEST_F(WitnessTest, TakesALineThatRacedBackBehindTheBoundOfAStreamThatIsNotShown) {
  constexpr std::int64_t ms = 1'000'000;
  log({.max_size = 1, .max_file = 2}, {.out = false});
  EXPECT_EQ(subscribe(at({ms, 0}, {ms, 0})), "");
  for (int i = 1; i <= 5; ++i) write(i * ms);
  write(20 * ms, SimStream::err);
  write(19 * ms);
  EXPECT_EQ(gap(at({20 * ms, 0}, {20 * ms, 0})), "");
  EXPECT_THAT(hear(at({3 * ms, 1}, {20 * ms, 0}), {}), HasSubstr("went back on stdout"));
  docker::Position position;
  position.marks = {docker::Mark{20 * ms, 0}, docker::Mark{20 * ms, 1}};
  position.head = LogStream::err;
  EXPECT_EQ(hear(position.print(), {line(20 * ms, LogStream::err)}), "");
}

// It may be the rest of a line that began before, says who begins anew at that bound.
TEST_F(WitnessTest, TakesAGapOfNothingBeforeALineThatRacedBackBehindAGuessedBound) {
  constexpr std::int64_t ms = 1'000'000;
  for (const bool raced : {true, false}) {
    log({.max_size = 1, .max_file = 2});
    EXPECT_EQ(subscribe(at({ms, 0}, {ms, 0})), "");
    for (const int i : {1, 2, 20, 21}) write(i * ms);
    EXPECT_EQ(gap(at({20 * ms, 0}, {20 * ms, 0})), "");
    EXPECT_EQ(hear(at({21 * ms, 1}, {20 * ms, 0}), {line(20 * ms), line(21 * ms)}), "");
    const std::int64_t stamp = (raced ? 19 : 16) * ms;
    write(stamp, SimStream::err);
    const std::string wrong = gap(at({21 * ms, 1}, {20 * ms, 1}));
    EXPECT_EQ(wrong, raced ? "" : "a needless gap: line 0 of stderr is still there");
  }
}

// Single lines move the position with a line alone: not past what was gone before they began.
TEST_F(WitnessTest, TakesAGapBehindTheLinesThatWereGoneBeforeItBegan) {
  log({.max_size = 1, .max_file = 2}, feeds::Form::line);
  for (int i = 1; i <= 5; ++i) write(i);
  EXPECT_EQ(subscribe(at({})), "");
  Heard heard;
  heard.type = "gap";
  heard.reason = "rotated";
  heard.from = at({4, 1});
  heard.to = at({5, 0});
  EXPECT_THAT(witness_->hear(heard), HasSubstr("but the follower stands at"));
  heard.from = at({3, 1});
  for (int i = 6; i <= 9; ++i) write(i);
  heard.to = at({8, 0});
  EXPECT_EQ(witness_->hear(heard), "");
}

TEST_F(WitnessTest, FindsAGapBehindRecoveredFull) {
  log({.max_size = 1, .max_file = 2});
  EXPECT_EQ(subscribe(at({1, 0})), "");
  for (int i = 1; i <= 4; ++i) write(i);
  write(2'000'000'000);
  witness_->lose();
  EXPECT_EQ(subscribe(witness_->position(), "full"), "");
  EXPECT_THAT(gap(at({4, 0})), HasSubstr("recovered: full"));

  log({.max_size = 1, .max_file = 2});
  EXPECT_EQ(subscribe(at({1, 0})), "");
  witness_->lose();
  witness_->ask({"i0", now});
  for (int i = 1; i <= 5; ++i) write(i);  // on its way
  EXPECT_EQ(subscribed(witness_->position(), "full"), "");
  EXPECT_EQ(gap(at({4, 0})), "");
}

TEST_F(WitnessTest, FindsAnEarlyStopped) {
  log();
  EXPECT_EQ(subscribe(at({})), "");
  write(1);
  write(2);
  log_->close();
  EXPECT_EQ(hear(at({1, 1}), {line(1)}), "");
  EXPECT_THAT(status("stopped"), HasSubstr("where no run ended"));
  EXPECT_EQ(hear(at({2, 1}), {line(2)}), "");
  EXPECT_EQ(status("live"), "");
  EXPECT_EQ(status("stopped"), "");
  EXPECT_THAT(status("stopped"), HasSubstr("twice"));
}

TEST_F(WitnessTest, FindsALineToldBeforeItsEndWasKnown) {
  log();
  EXPECT_EQ(subscribe(at({})), "");
  log_->append({SimStream::out, 1, std::string(16'384, 'x'), true, false});
  EXPECT_EQ(hear(at({1, 1}), {{1, LogStream::out, std::string(16'384, 'x'), false}}), "");
  log_->append({SimStream::out, 1, "rest", true, true});
  EXPECT_THAT(truth_->grow(), HasSubstr("before it was known"));
}

TEST_F(WitnessTest, CutsALineOverAMebibyteWhereEverybodyDoes) {
  log();
  for (int i = 0; i < 70; ++i) log_->append({SimStream::out, 1, std::string(16'384, 'x'), true, false});
  log_->append({SimStream::out, 1, "end", true, true});
  EXPECT_EQ(truth_->grow(), "");
  const auto& lines = truth_->lines(LogStream::out);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[0].partial);
  EXPECT_EQ(lines[0].text.size(), 1U << 20);
  EXPECT_EQ(lines[1].text.size(), 6U * 16'384 + 3);
  EXPECT_EQ(truth_->lines_until(LogStream::out, docker::Mark{1, 64}), 0U);
  EXPECT_EQ(truth_->lines_until(LogStream::out, docker::Mark{1, 71}), 2U);
}

TEST(HeardTest, UnderstandsBothShapesOfLinesAndRefusesOthers) {
  const auto logs = parse_heard(
      R"({"type":"logs","channel":"c","prev":"a","position":"b","lines":[["2026-01-01T00:00:00.000000001Z","e","x",1]]})");
  ASSERT_TRUE(logs);
  EXPECT_EQ(logs->prev, "a");
  EXPECT_TRUE(logs->lines.at(0).partial);
  EXPECT_EQ(logs->lines.at(0).stream, LogStream::err);
  const auto log = parse_heard(
      R"({"type":"log","channel":"c","position":"b","stream":"stdout","time":"2026-01-01T00:00:00.000000001Z","data":"x"})");
  ASSERT_TRUE(log);
  EXPECT_EQ(log->lines.at(0).text, "x");
  EXPECT_FALSE(parse_heard(R"({"type":"logs","lines":[["2026-01-01T00:00:00Z","o","x"]]})"));
  EXPECT_FALSE(parse_heard(R"({"type":"log","data":"x"})"));
  EXPECT_FALSE(parse_heard("[]"));
}

}  // namespace
}  // namespace sim
