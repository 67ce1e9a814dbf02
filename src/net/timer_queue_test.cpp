#include "net/timer_queue.hpp"

#include <gtest/gtest.h>

#include <map>

#include "net/random.hpp"

namespace net {
namespace {

using namespace std::chrono_literals;

TEST(TimerQueue, SameTimesComeInTheOrderOfAdding) {
  TimerQueue<int> queue;
  for (int i = 0; i < 100; ++i) queue.add(Instant(1s), i);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(queue.pop().item, i);
  EXPECT_TRUE(queue.empty());
}

TEST(TimerQueue, AgreesWithASortedMapWhileMuchIsTakenBackAndMoved) {
  Random random(1);
  TimerQueue<int> queue;
  std::map<std::pair<Instant, int>, std::uint64_t> expected;  // by time and order
  int order = 0;
  for (int step = 0; step < 50'000; ++step) {
    const std::uint64_t what = random.below(10);
    const Instant at(Duration(random.below(50)));
    if (what < 5 || expected.empty()) {
      ++order;
      expected[{at, order}] = queue.add(at, order);
      continue;
    }
    auto chosen = std::next(expected.begin(), static_cast<std::ptrdiff_t>(random.below(expected.size())));
    if (what < 7) {
      EXPECT_EQ(queue.take_back(chosen->second), chosen->first.second);
      EXPECT_EQ(queue.take_back(chosen->second), 0);
      expected.erase(chosen);
    } else if (what == 7) {
      const std::uint64_t id = chosen->second;
      const int item = queue.take_back(id);
      EXPECT_NE(item, 0);
      EXPECT_FALSE(queue.move(id, at));
      expected.erase(chosen);
    } else {
      const auto due = queue.pop();
      EXPECT_EQ(due.at, expected.begin()->first.first);
      EXPECT_EQ(due.item, expected.begin()->first.second);
      expected.erase(expected.begin());
    }
    ASSERT_EQ(queue.size(), expected.size());
  }
}

TEST(TimerQueue, WhatIsMovedStandsBehindWhatIsThereAlready) {
  TimerQueue<int> queue;
  const std::uint64_t first = queue.add(Instant(1s), 1);
  queue.add(Instant(2s), 2);
  EXPECT_TRUE(queue.move(first, Instant(2s)));
  EXPECT_EQ(queue.pop().item, 2);
  EXPECT_EQ(queue.pop().item, 1);
}

}  // namespace
}  // namespace net
