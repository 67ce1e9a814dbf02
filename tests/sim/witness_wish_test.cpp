#include "sim/witness_fixture.hpp"

namespace sim {
namespace {

using docker::LogStream;
using testing::HasSubstr;

TEST_F(WitnessTest, FindsATailThatIsTooLongOrTooShort) {
  const auto begin = [this](std::uint64_t tail) {
    log({}, Witness::Wish{.tail = tail});
    for (int i = 1; i <= 4; ++i) write(i, i == 3 ? SimStream::err : SimStream::out);
    witness_->ask({"i0", now});
    write(5);  // on its way
  };
  begin(2);
  EXPECT_EQ(subscribed(at({2, 1})), "");
  EXPECT_EQ(hear(at({5, 1}, {3, 1}), {line(3, LogStream::err), line(4), line(5)}), "");
  begin(2);
  EXPECT_EQ(subscribed(at({1, 1})), "");
  EXPECT_THAT(hear(at({2, 1}), {line(2)}), HasSubstr("one of the last 3 when tail asked for 2"));
  begin(3);
  EXPECT_THAT(subscribed(at({4, 1}, {3, 1})), HasSubstr("begins behind line 2 of stdout"));
  begin(0);
  EXPECT_EQ(subscribed(at({2, 1}, {3, 1})), "");
  EXPECT_THAT(hear(at({4, 1}, {3, 1}), {line(4)}), HasSubstr("tail asked for 0"));
}

TEST_F(WitnessTest, JudgesATailByWhatTheInstanceHadForSure) {
  log({}, Witness::Wish{.tail = 1});
  for (int i = 1; i <= 3; ++i) write(i);
  const auto begin = [this](const std::string& instance, std::int64_t settled_ns) {
    witness_ = std::make_unique<Witness>(*truth_, Witness::Wish{.tail = 1}, tally_);
    witness_->ask({instance, settled_ns});
    EXPECT_EQ(subscribed(at({1, 1})), "");
    return hear(at({3, 1}), {line(2), line(3)});
  };
  EXPECT_EQ(begin("i0", 3), "");                                // it may not have read the third one yet
  EXPECT_THAT(begin("i0", 3), HasSubstr("one of the last 2"));  // and has told it by now
  EXPECT_EQ(begin("i1", 3), "");
  EXPECT_THAT(begin("i2", 4), HasSubstr("one of the last 2"));
}

TEST_F(WitnessTest, FindsASinceThatBeginsTooEarlyOrTooLate) {
  const auto begin = [this](std::optional<std::uint64_t> tail = {}) {
    log({}, Witness::Wish{.tail = tail, .since_ns = 3});
    for (int i = 1; i <= 5; ++i) write(i);
    witness_->ask({"i0", now});
  };
  begin();
  EXPECT_EQ(subscribed(at({2, 1})), "");
  EXPECT_EQ(hear(at({3, 1}), {line(3)}), "");
  begin();
  EXPECT_EQ(subscribed(at({1, 1})), "");
  EXPECT_THAT(hear(at({2, 1}), {line(2)}), HasSubstr("before the time that since asked for"));
  begin();
  EXPECT_THAT(subscribed(at({3, 1})), HasSubstr("begins behind line 2"));
  begin(2);
  EXPECT_EQ(subscribed(at({3, 1})), "");
  EXPECT_EQ(hear(at({4, 1}), {line(4)}), "");
  begin(2);
  EXPECT_EQ(subscribed(at({2, 1})), "");
  EXPECT_THAT(hear(at({3, 1}), {line(3)}), HasSubstr("one of the last 3"));
  begin(4);
  EXPECT_EQ(subscribed(at({1, 1})), "");
  EXPECT_THAT(hear(at({2, 1}), {line(2)}), HasSubstr("before the time that since asked for"));
  begin(2);
  EXPECT_THAT(subscribed(at({4, 1})), HasSubstr("begins behind line 3"));
}

TEST_F(WitnessTest, LetsATailBeginBehindThePositionThatWasGiven) {
  const auto begin = [this](std::uint64_t tail) {
    log();
    EXPECT_EQ(subscribe(at({})), "");
    for (int i = 1; i <= 5; ++i) write(i);
    EXPECT_EQ(hear(at({2, 1}), {line(1), line(2)}), "");
    witness_->lose();
    witness_->ask({"i0", now, tail});
  };
  const auto later = [this](const std::string& position) {
    Heard heard;
    heard.type = "subscribed";
    heard.position = position;
    heard.recovered = "none";
    heard.reason = "tail";
    return witness_->hear(heard);
  };
  begin(2);
  EXPECT_EQ(later(at({3, 1})), "");
  EXPECT_EQ(hear(at({5, 1}), {line(4), line(5)}), "");
  begin(2);
  EXPECT_THAT(later(at({4, 1})), HasSubstr("begins behind line 3"));
  begin(2);
  EXPECT_THAT(later(at({1, 1})), HasSubstr("before the position"));
  begin(2);
  EXPECT_EQ(subscribed(at({2, 1}), "full"), "");
  EXPECT_THAT(hear(at({3, 1}), {line(3)}), HasSubstr("one of the last 3"));
  begin(3);
  EXPECT_EQ(subscribed(at({2, 1}), "full"), "");
  EXPECT_EQ(hear(at({5, 1}), {line(3), line(4), line(5)}), "");
  begin(0);  // is not answered, and asked again without
  witness_->lose();
  EXPECT_EQ(subscribe(at({2, 1}), "full"), "");
  EXPECT_EQ(hear(at({5, 1}), {line(3), line(4), line(5)}), "");
  log();
  EXPECT_EQ(subscribe(at({})), "");
  witness_->lose();
  witness_->ask({"i0", now});
  EXPECT_THAT(later(at({1, 1})), HasSubstr("recovered: none"));
}

TEST_F(WitnessTest, JudgesTheFirstLineOfOneWhoOpenedQuietly) {
  const auto begin = [this](Witness::Wish wish) {
    wish.form = feeds::Form::quiet_line;
    log({}, wish);
    for (int i = 1; i <= 4; ++i) write(i, i == 3 ? SimStream::err : SimStream::out);
    witness_->ask({"i0", now});
  };
  begin({.tail = 2});
  EXPECT_EQ(hear_one(at({2, 1}, {3, 1}), line(3, LogStream::err)), "");
  begin({.tail = 2});
  EXPECT_THAT(hear_one(at({2, 1}), line(2)), HasSubstr("one of the last 3"));
  begin({.tail = 2});
  EXPECT_THAT(hear_one(at({4, 1}, {3, 1}), line(4)), HasSubstr("begins behind line 0 of stderr"));
  begin({.err = false, .tail = 2});
  EXPECT_EQ(hear_one(at({4, 1}, {3, 1}), line(4)), "");
  begin({.since_ns = 3});
  EXPECT_THAT(hear_one(at({2, 1}), line(2)), HasSubstr("before the time that since asked for"));
}

}  // namespace
}  // namespace sim
