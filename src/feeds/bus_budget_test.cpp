#include "feeds/bus_budget.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <list>

namespace feeds {
namespace {

using namespace std::chrono_literals;

struct BusBudgetTest : testing::Test {
  // So much a second, in ten parts each, for so long; whether all of it was taken.
  bool send(BusBudget::Share& share, std::uint64_t bytes_s, net::Duration time) {
    bool all = true;
    for (const net::Instant end = now + time; now < end; now += 100ms) all &= share.take(bytes_s / 10, now);
    return all;
  }

  net::Instant now{1h};
  BusBudget budget{{.channel_bytes_s = 1000, .instance_bytes_s = 5000, .calm = 10s}};
};

TEST_F(BusBudgetTest, WhatStaysWithinItsRateIsTakenForEver) {
  BusBudget::Share share(budget);
  EXPECT_TRUE(send(share, 900, 60s));
  EXPECT_FALSE(share.over(now));
}

TEST_F(BusBudgetTest, ABurstOfASecondIsTakenAndMoreIsNot) {
  BusBudget::Share share(budget);
  EXPECT_TRUE(share.take(1000, now));
  EXPECT_FALSE(share.take(100, now));
  EXPECT_TRUE(share.over(now));
}

TEST_F(BusBudgetTest, WhoWasOverIsTakenAgainAfterACalmAndNotBefore) {
  BusBudget::Share share(budget);
  send(share, 5000, 2s);
  ASSERT_TRUE(share.over(now));
  const net::Instant over_at = now - 100ms;
  while (share.over(now)) now += 100ms;
  EXPECT_GE(now - over_at, 10s);
  EXPECT_LE(now - over_at, 13s) << "its rate had to fall first";
}

TEST_F(BusBudgetTest, WhatWouldBeTooMuchHoldsTheCalmOff) {
  BusBudget::Share share(budget);
  send(share, 5000, 2s);
  EXPECT_FALSE(send(share, 1500, 60s));
  EXPECT_TRUE(share.over(now));
  send(share, 500, 15s);
  EXPECT_FALSE(share.over(now));
}

TEST_F(BusBudgetTest, WhereTheInstanceIsOverThoseGoWhoHaveMoreThanAnEvenPart) {
  std::list<BusBudget::Share> loud, quiet;
  for (int i = 0; i < 7; ++i) loud.emplace_back(budget);
  for (int i = 0; i < 7; ++i) quiet.emplace_back(budget);
  for (const net::Instant end = now + 10s; now < end; now += 100ms) {
    for (auto& share : loud) share.take(90, now);
    for (auto& share : quiet) EXPECT_TRUE(share.take(5, now));
  }
  const auto over = std::count_if(loud.begin(), loud.end(), [this](auto& share) { return share.over(now); });
  EXPECT_GE(over, 2) << "seven send 6,650 bytes a second";
  EXPECT_LE(over, 3) << "five fit";
}

TEST_F(BusBudgetTest, WhoTakesOverFromAnOwnerThatWasOverBeginsSo) {
  BusBudget::Share share(budget);
  share.begin_over(now);
  EXPECT_FALSE(share.take(10, now));
  EXPECT_TRUE(send(share, 10, 9s) == false && share.take(10, now + 2s));
}

}  // namespace
}  // namespace feeds
