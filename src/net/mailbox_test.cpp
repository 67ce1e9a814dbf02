#include "net/mailbox.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "net/both_nets.hpp"
#include "net/loop_thread.hpp"

namespace net {
namespace {

using namespace std::chrono_literals;

struct MailboxTest : OnBothNets {
  std::vector<int> taken_;
  int drains_ = 0, rooms_ = 0;
  Mailbox<int>::Consumer consumer() {
    return {[this](int& item) { taken_.push_back(item); }, [this] { ++drains_; }, [this] { ++rooms_; }};
  }
};
INSTANTIATE_TEST_SUITE_P(BothNets, MailboxTest, both_nets, name_of);

TEST_P(MailboxTest, ABurstArrivesInOrderWithOneWakeUp) {
  Mailbox<int> mailbox(loop_, 64, consumer());
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(mailbox.push(i));
  EXPECT_TRUE(taken_.empty());
  ASSERT_TRUE(run_until([&] { return taken_.size() == 50; }));
  EXPECT_EQ(drains_, 1);
  EXPECT_EQ(rooms_, 0);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(taken_[static_cast<std::size_t>(i)], i);
}

TEST_P(MailboxTest, AFullOneRefusesLeavesTheItemAloneAndTellsWhenThereIsRoom) {
  Mailbox<std::unique_ptr<int>> mailbox(
      loop_, 4,
      {[this](std::unique_ptr<int>& item) { taken_.push_back(*item); }, [this] { ++drains_; }, [this] { ++rooms_; }});
  auto item = std::make_unique<int>(7);
  for (int i = 0; i < 4; ++i) {
    auto one = std::make_unique<int>(i);
    EXPECT_TRUE(mailbox.push(one));
  }
  EXPECT_FALSE(mailbox.push(item));
  ASSERT_NE(item, nullptr);
  ASSERT_TRUE(run_until([&] { return rooms_ == 1; }));
  EXPECT_TRUE(mailbox.push(item));
  ASSERT_TRUE(run_until([&] { return taken_.size() == 5; }));
  EXPECT_EQ(rooms_, 1);
}

TEST_P(MailboxTest, OneThatIsGoneIsNotDrained) {
  {
    Mailbox<int> mailbox(loop_, 4, consumer());
    int item = 1;
    EXPECT_TRUE(mailbox.push(item));
  }
  run_for(5ms);
  EXPECT_TRUE(taken_.empty());
}

TEST(Mailbox, BetweenThreadsNothingIsLostTwiceOrOutOfOrder) {
  constexpr std::uint64_t count = 300'000;
  AsioLoop here;
  std::unique_ptr<Mailbox<std::uint64_t>> mailbox;  // outlives the threads
  LoopThread producer("producer"), consumer("consumer");
  producer.start();
  consumer.start();
  std::uint64_t pushed = 0, next = 0, wrong = 0;
  bool all = false;
  const std::function<void()> push_some = [&] {
    while (pushed < count) {
      std::uint64_t item = pushed;
      if (!mailbox->push(item)) return;  // on_room comes back here
      ++pushed;
    }
  };
  Mailbox<std::uint64_t>::Consumer takes;
  takes.on_item = [&](std::uint64_t& item) { wrong += item != next++; };
  takes.on_drained = [&] {
    if (next == count) here.post([&] { all = true; });
  };
  takes.on_room = [&] { producer.loop().post([&] { push_some(); }); };
  mailbox = std::make_unique<Mailbox<std::uint64_t>>(consumer.loop(), 256, std::move(takes));
  producer.loop().post([&] { push_some(); });
  EXPECT_TRUE(here.run_until([&] { return all; }, 60s));
  EXPECT_EQ(wrong, 0u);
}

}  // namespace
}  // namespace net
