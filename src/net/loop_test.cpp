#include "net/loop.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "net/both_nets.hpp"
#include "net/signal.hpp"

namespace net {
namespace {

using namespace std::chrono_literals;

struct LoopTest : OnBothNets {
  std::string said_;
};
INSTANTIATE_TEST_SUITE_P(BothNets, LoopTest, both_nets, name_of);

TEST_P(LoopTest, PostsRunInOrderAndNeverInline) {
  loop_.post([this] {
    loop_.post([this] { said_ += "c"; });
    said_ += "a";
  });
  loop_.post([this] { said_ += "b"; });
  EXPECT_EQ(said_, "");
  EXPECT_TRUE(run_until([&] { return said_.size() == 3; }));
  EXPECT_EQ(said_, "abc");
}

TEST_P(LoopTest, TimersFireInTheOrderOfTheirTimesAndNotEarly) {
  const Instant start = loop_.now();
  Instant last{};
  const Timer c = loop_.after(30ms, [&] {
    said_ += "c";
    last = loop_.now();
  });
  const Timer a = loop_.after(10ms, [&] { said_ += "a"; });
  const Timer b = loop_.after(20ms, [&] { said_ += "b"; });
  EXPECT_TRUE(run_until([&] { return said_.size() == 3; }));
  EXPECT_EQ(said_, "abc");
  EXPECT_GE(last - start, 30ms);
}

TEST_P(LoopTest, ATimerThatEndedDoesNotFire) {
  bool done = false;
  {
    const Timer gone = loop_.after(1ms, [&] { said_ += "gone"; });
  }
  Timer replaced = loop_.after(1ms, [&] { said_ += "replaced"; });
  replaced = loop_.after(2ms, [&] { said_ += "kept"; });
  const Timer end = loop_.after(20ms, [&] { done = true; });
  EXPECT_TRUE(run_until([&] { return done; }));
  EXPECT_EQ(said_, "kept");
}

TEST_P(LoopTest, ATimerMayEndItselfAndOthersWhileItFires) {
  bool done = false;
  Timer other = loop_.after(10ms, [&] { said_ += "other"; });
  Timer self;
  self = loop_.after(1ms, [&] {
    self.cancel();
    other.cancel();
    said_ += "self";
  });
  const Timer end = loop_.after(30ms, [&] { done = true; });
  EXPECT_TRUE(run_until([&] { return done; }));
  EXPECT_EQ(said_, "self");
}

TEST_P(LoopTest, ManyTimersOfWhichHalfAreTakenBack) {
  std::vector<Timer> timers;
  int fired = 0;
  bool done = false;
  for (int i = 0; i < 2000; ++i) timers.push_back(loop_.after(Duration(1ms) * (i * 7 % 50), [&] { ++fired; }));
  for (std::size_t i = 0; i < timers.size(); i += 2) timers[i].cancel();
  const Timer end = loop_.after(60ms, [&] { done = true; });
  EXPECT_TRUE(run_until([&] { return done; }));
  EXPECT_EQ(fired, 1000);
}

Task<void> sleeps(Loop& loop, std::string& said) {
  co_await loop.sleep(1ms);
  said += "awake";
  co_await loop.sleep(1h);
  said += "never";
}

TEST_P(LoopTest, ASleepEndsWithItsCoroutine) {
  Job job(sleeps(loop_, said_));
  EXPECT_TRUE(run_until([&] { return !said_.empty(); }));
  job.cancel();
  EXPECT_EQ(said_, "awake");
}

Task<base::Result<int>> answers(Loop& loop, Duration after) {
  co_await loop.sleep(after);
  co_return 7;
}
Task<void> asks(Loop& loop, std::vector<base::Result<int>>& answered) {
  auto first = co_await with_deadline(loop, 1h, answers(loop, 1ms));
  answered.push_back(std::move(first));
  auto second = co_await with_deadline(loop, 1ms, answers(loop, 1h));
  answered.push_back(std::move(second));
}

TEST_P(LoopTest, ADeadlineEndsWhatTakesLonger) {
  std::vector<base::Result<int>> answered;
  Job job(asks(loop_, answered));
  EXPECT_TRUE(run_until([&] { return answered.size() == 2; }));
  EXPECT_EQ(answered[0].value(), 7);
  EXPECT_EQ(answered[1].error().fault, base::Fault::timed_out);
}

TEST(AsioLoop, TakesPostsFromAnyThreadInTheOrderOfEach) {
  AsioLoop loop;
  constexpr int each = 20'000;
  std::vector<int> next(3);
  bool in_order = true;
  std::vector<std::thread> threads;
  for (std::size_t who = 0; who < next.size(); ++who) {
    threads.emplace_back([&, who] {
      for (int i = 0; i < each; ++i) {
        loop.post([&, who, i] { in_order = in_order && next[who]++ == i; });
      }
    });
  }
  EXPECT_TRUE(loop.run_until([&] { return next == std::vector(3, each); }, 20s));
  EXPECT_TRUE(in_order);
  for (auto& thread : threads) thread.join();
}

TEST(AsioLoop, StopRunsWhatWasPostedBeforeAndDestroysTheRest) {
  const auto kept = std::make_shared<int>(0);
  {
    AsioLoop loop;
    std::thread thread([&] { loop.run(); });
    loop.post([kept] { ++*kept; });
    loop.stop();
    thread.join();
    EXPECT_EQ(*kept, 1);
    loop.post([kept] { ++*kept; });
  }
  EXPECT_EQ(*kept, 1);
  EXPECT_EQ(kept.use_count(), 1);
}

}  // namespace
}  // namespace net
