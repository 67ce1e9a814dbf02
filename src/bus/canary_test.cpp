#include "bus/canary.hpp"

#include <gtest/gtest.h>

namespace bus {
namespace {

using namespace std::chrono_literals;

class CanaryTest : public ::testing::Test {
 protected:
  std::uint64_t sing_confirmed() {
    const std::uint64_t number = canary_.sing(now_);
    canary_.on_confirmed(number, now_);
    return number;
  }
  // Stands, is given up, and is cut.
  void go_deaf() {
    canary_.on_standing();
    sing_confirmed();
    now_ += Canary::heard_within;
    ASSERT_TRUE(canary_.deaf(now_));
    canary_.on_given_up();
    canary_.on_cut();
  }

  Canary canary_;
  net::Instant now_ = net::Instant{} + 1h;
};

TEST_F(CanaryTest, IsAliveOnceItWasHeardAndDeafTwoSecondsAfterOneThatWasNot) {
  canary_.on_standing();
  EXPECT_FALSE(canary_.alive());
  canary_.on_heard(sing_confirmed(), now_);
  EXPECT_TRUE(canary_.alive());
  now_ += 1h;
  EXPECT_FALSE(canary_.deaf(now_)) << "nothing was confirmed since";
  sing_confirmed();
  EXPECT_FALSE(canary_.deaf(now_ + 1999ms));
  EXPECT_TRUE(canary_.deaf(now_ + 2s));
}

TEST_F(CanaryTest, TellsHowLongTheOneThatWasHeardLastWasOnItsWay) {
  canary_.on_standing();
  const auto first = sing_confirmed();
  now_ += 1s;
  const auto second = sing_confirmed();
  now_ += 300ms;
  canary_.on_heard(first, now_);
  EXPECT_EQ(canary_.lag(), 1300ms);
  canary_.on_heard(second, now_);
  EXPECT_EQ(canary_.lag(), 300ms);
}

TEST_F(CanaryTest, ALaterOneThatIsHeardAnswersForTheEarlier) {
  canary_.on_standing();
  sing_confirmed();
  now_ += 1s;
  const auto second = sing_confirmed();
  now_ += 500ms;
  sing_confirmed();
  canary_.on_heard(second, now_);
  EXPECT_FALSE(canary_.deaf(now_ + 1999ms));
  EXPECT_TRUE(canary_.deaf(now_ + 2s)) << "the third";
}

TEST_F(CanaryTest, MayBeHeardBeforeItIsConfirmed) {
  canary_.on_standing();
  const auto number = canary_.sing(now_);
  canary_.on_heard(number, now_);
  canary_.on_confirmed(number, now_);
  EXPECT_FALSE(canary_.deaf(now_ + 1h));
}

TEST_F(CanaryTest, WhatRedisDoesNotConfirmSaysNothing) {
  canary_.on_standing();
  canary_.sing(now_);
  EXPECT_FALSE(canary_.deaf(now_ + 1h));
}

TEST_F(CanaryTest, WhatWasSungBeforeTheSubscriptionStoodNeedNotBeHeard) {
  canary_.on_standing();
  const auto early = canary_.sing(now_);
  canary_.on_cut();
  canary_.on_standing();
  canary_.on_confirmed(early, now_);
  EXPECT_FALSE(canary_.deaf(now_ + 1h));
  canary_.on_heard(early, now_);
  EXPECT_FALSE(canary_.alive());
}

TEST_F(CanaryTest, ANumberThatWasNeverSungIsSomebodyElses) {
  canary_.on_standing();
  canary_.on_heard(7, now_);
  EXPECT_FALSE(canary_.alive());
}

TEST_F(CanaryTest, DeafnessIsCountedOverCutsUntilOneIsHeardOrRedisIsDown) {
  for (unsigned i = 1; i <= 3; ++i) {
    go_deaf();
    EXPECT_EQ(canary_.deaf_in_a_row(), i);
    EXPECT_FALSE(canary_.deaf(now_ + 1h)) << "it does not stand";
  }
  canary_.on_redis_down();
  EXPECT_EQ(canary_.deaf_in_a_row(), 0u);
  go_deaf();
  canary_.on_standing();
  canary_.on_heard(sing_confirmed(), now_);
  EXPECT_EQ(canary_.deaf_in_a_row(), 0u);
}

}  // namespace
}  // namespace bus
