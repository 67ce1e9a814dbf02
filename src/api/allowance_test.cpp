#include "api/allowance.hpp"

#include <gtest/gtest.h>

namespace api {
namespace {

using namespace std::chrono_literals;
using Verdict = Allowance::Verdict;

const net::Instant start{std::chrono::hours(1)};

TEST(Allowance, TheCreditMayBeSpentAtOnceAndRefillsWithTime) {
  Allowance allowance;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(allowance.spend(start, 100ms, 2s), Verdict::fine) << i;
  EXPECT_EQ(allowance.spend(start, 100ms, 2s), Verdict::over);
  EXPECT_EQ(allowance.spend(start + 200ms, 100ms, 2s), Verdict::fine);
}

TEST(Allowance, WhoGoesOnForAnotherSecondsWorthIsFlooding) {
  Allowance allowance;
  int over = 0;
  Verdict verdict = Verdict::fine;
  while (verdict != Verdict::flooding) {
    verdict = allowance.spend(start, 100ms, 2s);
    over += verdict == Verdict::over;
  }
  EXPECT_EQ(over, 10);
}

TEST(Allowance, NoMoreThanTheCreditIsSavedUp) {
  Allowance allowance;
  int fine = 0;
  while (allowance.spend(start + 1000h, 1s, 5s) == Verdict::fine) ++fine;
  EXPECT_EQ(fine, 5);
}

TEST(Allowance, AnEvenPaceWithinTheRateIsAlwaysFine) {
  Allowance allowance;
  for (int i = 0; i < 10'000; ++i) ASSERT_EQ(allowance.spend(start + i * 10ms, 10ms, 1s), Verdict::fine) << i;
}

TEST(Allowance, WhatIsRefusedWhereItIsTakenCostsNothing) {
  Allowance allowance;
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(allowance.take(start, 100ms, 2s)) << i;
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(allowance.take(start, 100ms, 2s)) << i;
  EXPECT_TRUE(allowance.take(start + 100ms, 100ms, 2s));
  EXPECT_FALSE(allowance.take(start + 100ms, 100ms, 2s));
}

}  // namespace
}  // namespace api
