#include "net/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "net/random.hpp"

namespace net {
namespace {

using namespace std::chrono_literals;

const Instant start{1000s};

struct TimerWheelTest : ::testing::Test {
  TimerWheel wheel{250ms, start};
  std::vector<std::uint32_t> due;
  void advance(Duration to) {
    due.clear();
    wheel.advance(start + to, [this](std::uint32_t id) { due.push_back(id); });
  }
};

TEST_F(TimerWheelTest, NothingIsDueEarlyAndATickLateIsTheMost) {
  wheel.arm(7, start + 600ms);
  advance(599ms);
  EXPECT_TRUE(due.empty());
  advance(749ms);
  EXPECT_TRUE(due.empty());
  advance(750ms);
  EXPECT_EQ(due, std::vector<std::uint32_t>{7});
  EXPECT_EQ(wheel.armed(), 0u);
  advance(1h);
  EXPECT_TRUE(due.empty());
}

TEST_F(TimerWheelTest, ArmingAgainPutsItOff) {
  wheel.arm(1, start + 1s);
  wheel.arm(1, start + 3s);
  advance(2s);
  EXPECT_TRUE(due.empty());
  advance(3s);
  EXPECT_EQ(due, std::vector<std::uint32_t>{1});
}

TEST_F(TimerWheelTest, WhatIsDueAlreadyComesWithTheNextAdvance) {
  advance(10s);
  wheel.arm(3, start + 1s);
  advance(10s);
  EXPECT_TRUE(due.empty());
  advance(10'250ms);
  EXPECT_EQ(due, std::vector<std::uint32_t>{3});
}

TEST_F(TimerWheelTest, OneThatIsDisarmedByAnotherThatIsDueIsNotDue) {
  wheel.arm(0, start + 1s);
  wheel.arm(1, start + 1s);
  int called = 0;
  wheel.advance(start + 1s, [&](std::uint32_t id) {
    ++called;
    wheel.disarm(1 - id);
    wheel.arm(id, start + 2s);
  });
  EXPECT_EQ(called, 1);
  EXPECT_EQ(wheel.armed(), 1u);
}

TEST_F(TimerWheelTest, AgreesWithASortedMapOverManyRoundsAndLeaps) {
  Random random(4);
  std::map<std::uint32_t, Instant> expected;
  Duration now{};
  for (int step = 0; step < 20'000; ++step) {
    const auto id = static_cast<std::uint32_t>(random.below(300));
    const std::uint64_t what = random.below(10);
    if (what < 6) {
      const Instant at = start + now + Duration(random.below(400'000'000'000));
      expected[id] = at;
      wheel.arm(id, at);
    } else if (what < 8) {
      expected.erase(id);
      wheel.disarm(id);
    } else {
      now += random.chance(0.01) ? 300s : Duration(random.below(2'000'000'000));
      advance(now);
      for (const std::uint32_t one : due) {
        ASSERT_LE(expected.at(one), start + now);
        expected.erase(one);
      }
      for (const auto& [other, at] : expected) ASSERT_GT(at + 500ms, start + now) << other;
    }
    ASSERT_EQ(wheel.armed(), expected.size());
  }
}

}  // namespace
}  // namespace net
