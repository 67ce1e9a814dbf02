// The judges of application channels: each mistake is found, and what is right is not one.
#include "sim/message_judge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/sim_host.hpp"
#include "net/sim_world.hpp"

namespace sim {
namespace {

using messages::Position;
using testing::HasSubstr;

class MessageJudgeTest : public testing::Test {
 protected:
  static constexpr std::uint64_t kept = 5;
  static constexpr std::uint64_t first = 0xa, second = 0xb;  // epochs

  // As the scripts do it.
  std::string open(std::uint64_t epoch, std::uint64_t at) {
    store_.make_fields("dockcast:meta:{app:chat}") = {{"e", messages::print_epoch(epoch)}, {"o", std::to_string(at)}};
    return truth_.look();
  }
  std::string put(const Position& at, const std::string& data) {
    store_.make_stream("dockcast:stream:{app:chat}")[at.offset] = {"", "", messages::body_of("", "ann", data)};
    return open(at.epoch, at.offset);
  }
  // Numbers from `from` on, as many.
  void put_all(std::uint64_t epoch, std::uint64_t from, std::uint64_t count) {
    for (std::uint64_t at = from; at < from + count; ++at)
      EXPECT_EQ(put({epoch, at}, std::to_string(epoch * 1000 + at)), "");
  }
  void fail_over(std::uint64_t top) {
    truth_.fail_over();
    EXPECT_EQ(open(second, top), "");
  }
  std::string subscribed(const Position& at, const std::string& recovered = "") {
    feeds::Subscribed answer;
    answer.position = at.print();
    answer.recovered = recovered;
    return judge_.hear(answer);
  }
  std::string partial(const Position& from, const Position& to, const std::string& reason) {
    feeds::Subscribed answer;
    answer.position = to.print();
    answer.recovered = "partial";
    answer.lost = feeds::Lost{from.print(), to.print(), reason};
    return judge_.hear(answer);
  }
  std::string message(const Position& at) { return message(at, std::to_string(at.epoch * 1000 + at.offset)); }
  std::string message(const Position& at, const std::string& data) {
    return judge_.hear(
        {{"type", "message"}, {"position", at.print()}, {"from", "ann"}, {"data", boost::json::parse(data)}});
  }
  std::string gap(const Position& from, const Position& to, const std::string& reason) {
    return judge_.hear({{"type", "gap"}, {"from", from.print()}, {"to", to.print()}, {"reason", reason}});
  }
  // Eight messages, of which a follower has the first three.
  void follow_three() {
    EXPECT_EQ(open(first, 0), "");
    judge_.ask(MessageJudge::Knows::nothing);
    EXPECT_EQ(subscribed({first, 0}), "");
    put_all(first, 1, 3);
    for (std::uint64_t at = 1; at <= 3; ++at) EXPECT_EQ(message({first, at}), "");
    put_all(first, 4, 5);
  }

  net::SimWorld world_{1};
  SimRedisStore store_{world_.host("redis").make_loop()};
  MessageTruth truth_{store_, "app:chat", kept};
  Tally tally_;
  MessageJudge judge_{truth_, tally_};
  MessageAnswers answers_{truth_, tally_};
};

TEST_F(MessageJudgeTest, EveryMessageComesOnceAndInOrder) {
  follow_three();
  EXPECT_THAT(message({first, 5}), HasSubstr("behind"));
  EXPECT_THAT(message({first, 3}), HasSubstr("twice"));
  EXPECT_THAT(message({first, 4}, "7"), HasSubstr("stored is"));
  EXPECT_THAT(message({first, 9}), HasSubstr("never stored"));
  EXPECT_EQ(message({first, 4}), "");
  EXPECT_THAT(judge_.missing(), HasSubstr(":8"));
}

TEST_F(MessageJudgeTest, AGapCoversWhatIsGoneAndNothingElse) {
  follow_three();
  put_all(first, 9, 2);  // 6 to 10 are kept
  EXPECT_THAT(gap({first, 2}, {first, 5}, "trimmed"), HasSubstr("a gap from"));
  EXPECT_THAT(gap({first, 3}, {first, 6}, "trimmed"), HasSubstr("still there"));
  EXPECT_THAT(gap({first, 3}, {first, 5}, "failover"), HasSubstr("no failover"));
  EXPECT_THAT(gap({first, 3}, {first, 5}, "recreated"), HasSubstr("remembers"));
  EXPECT_THAT(gap({first, 3}, {first, 3}, "trimmed"), HasSubstr("nothing is missing"));
  EXPECT_THAT(gap({first, 3}, {first, 11}, "trimmed"), HasSubstr("never was"));
  EXPECT_EQ(gap({first, 3}, {first, 5}, "trimmed"), "");
  EXPECT_EQ(message({first, 6}), "");
}

TEST_F(MessageJudgeTest, WhatAFailoverLostIsToldUpToWhereBothDataSetsAreTheSame) {
  EXPECT_EQ(open(first, 0), "");
  put_all(first, 1, 2);
  truth_.fork();
  judge_.ask(MessageJudge::Knows::nothing);
  EXPECT_EQ(subscribed({first, 2}), "");
  put_all(first, 3, 1);
  EXPECT_EQ(message({first, 3}), "");
  fail_over(2);
  EXPECT_THAT(gap({first, 3}, {second, 2}, "recreated"), HasSubstr("remembers"));
  EXPECT_THAT(gap({first, 3}, {second, 2}, "trimmed"), HasSubstr("not there any more"));
  put_all(second, 3, 1);
  EXPECT_THAT(gap({first, 3}, {second, 3}, "failover"), HasSubstr("still there"));
  EXPECT_THAT(message({second, 3}), HasSubstr("behind"));
  EXPECT_EQ(gap({first, 3}, {second, 2}, "failover"), "");
  EXPECT_EQ(message({second, 3}), "");
  EXPECT_EQ(judge_.missing(), "");
}

TEST_F(MessageJudgeTest, RecoveredIsWhatIsTrue) {
  follow_three();  // 4 to 8 are kept
  judge_.ask(MessageJudge::Knows::nothing);
  EXPECT_THAT(subscribed({first, 3}, "none"), HasSubstr("full is true"));
  EXPECT_THAT(subscribed({first, 4}, "full"), HasSubstr("goes on from"));
  EXPECT_EQ(subscribed({first, 3}, "full"), "");
  put_all(first, 9, 2);
  judge_.ask(MessageJudge::Knows::nothing);
  EXPECT_THAT(subscribed({first, 3}, "full"), HasSubstr("partial is true"));
  EXPECT_THAT(partial({first, 3}, {first, 4}, "trimmed"), HasSubstr("true is 5"));
  EXPECT_THAT(partial({first, 3}, {first, 5}, "failover"), HasSubstr("partial is true"));
  EXPECT_EQ(partial({first, 3}, {first, 5}, "trimmed"), "");
  EXPECT_THAT(message({first, 6}), HasSubstr("owes"));
  truth_.flush();
  EXPECT_EQ(open(second, 0), "");
  judge_.ask(MessageJudge::Knows::nothing);
  EXPECT_THAT(subscribed({first, 3}, "full"), HasSubstr("none is true"));
  EXPECT_THAT(subscribed({first, 3}, "none"), HasSubstr("not there any more"));
  EXPECT_EQ(subscribed({second, 0}, "none"), "");
}

TEST_F(MessageJudgeTest, AStoreUsesNoPositionAndNoMessageTwice) {
  EXPECT_EQ(open(first, 0), "");
  truth_.fork();
  put_all(first, 1, 1);
  EXPECT_THAT(put({first, 2}, std::to_string(first * 1000 + 1)), HasSubstr("and again at"));
  truth_.fail_over();
  EXPECT_THAT(put({first, 1}, "7"), HasSubstr("is given to"));
  truth_.flush();
  EXPECT_THAT(open(first, 0), HasSubstr("begins again"));
}

TEST_F(MessageJudgeTest, WhatIsAnsweredToAPublicationIsSo) {
  EXPECT_EQ(open(first, 0), "");
  const auto one = answers_.ask("1"), again = answers_.ask("1"), refused = answers_.ask("2");
  EXPECT_EQ(put({first, 1}, "1"), "");
  EXPECT_THAT(answers_.answer(one, messages::Published{{first, 2}, false}), HasSubstr("there is nothing"));
  EXPECT_EQ(answers_.answer(one, messages::Published{{first, 1}, false}), "");
  EXPECT_THAT(answers_.answer(again, messages::Published{{first, 1}, false}), HasSubstr("second time"));
  EXPECT_EQ(answers_.answer(again, messages::Published{{first, 1}, true}), "");
  EXPECT_EQ(answers_.answer(refused, base::Error{base::Fault::unavailable, ""}), "");
  EXPECT_EQ(answers_.at_end(), "");
  EXPECT_EQ(put({first, 2}, "2"), "");
  EXPECT_THAT(answers_.at_end(), HasSubstr("refused, and is stored"));
  const auto once = answers_.ask("3");
  EXPECT_EQ(put({first, 3}, "3"), "");
  EXPECT_THAT(answers_.answer(once, messages::Published{{first, 3}, true}), HasSubstr("sent once"));
}

TEST_F(MessageJudgeTest, OneOfThoseWhoPublishTheSameStoredItInEachPlace) {
  EXPECT_EQ(open(first, 0), "");
  const auto one = answers_.ask("1"), another = answers_.ask("1");
  EXPECT_EQ(put({first, 1}, "1"), "");
  EXPECT_EQ(answers_.answer(one, messages::Published{{first, 1}, true}), "");
  EXPECT_EQ(answers_.answer(another, messages::Published{{first, 1}, true}), "");
  EXPECT_THAT(answers_.at_end(), HasSubstr("duplicate each time"));
  // The other one stored it first; then it was lost, and what the one had sent before arrived.
  truth_.flush();
  EXPECT_EQ(open(second, 0), "");
  EXPECT_EQ(put({second, 1}, "1"), "");
  EXPECT_EQ(answers_.answer(another, messages::Published{{second, 1}, true}), "");
  EXPECT_EQ(answers_.at_end(), "");
}

}  // namespace
}  // namespace sim
