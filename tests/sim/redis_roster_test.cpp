// RedisRoster against a simulated Redis that misbehaves, with the times that instances use.
#include "roster/redis_roster.hpp"

#include <gmock/gmock.h>

#include "base/log.hpp"
#include "contract/redis_world.hpp"
#include "contract/roster_member.hpp"

namespace sim {
namespace {

using namespace std::chrono_literals;
using contract::RosterMember;
using roster::Kind;
using roster::RedisRoster;
using roster::View;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> warnings;
void keep_warning(base::log::Level level, std::string_view text, base::log::Fields) {
  if (level >= base::log::Level::warn) warnings.emplace_back(text);
}

class RedisRosterTest : public ::testing::Test {
 protected:
  RedisRosterTest() {
    warnings.clear();
    base::log::set_sink(&keep_warning);
    one_ = make("one-0000000000000001");
    two_ = make("two-0000000000000002");
  }

  std::unique_ptr<RosterMember> make(const std::string& id) {
    roster::Own own(id, id.substr(0, id.size() - 17), "0.1", {});
    return std::make_unique<RosterMember>(
        world_.loop(),
        std::make_unique<RedisRoster>(world_.network(), world_.address(), std::move(own), RedisRoster::Settings{}));
  }
  View look(RosterMember& by, Kind kind = Kind::sessions) {
    std::shared_ptr<const View> seen;
    by.roster().look(kind, [&seen](const auto& view) { seen = view; });
    EXPECT_TRUE(world_.run_until([&] { return seen != nullptr; }));
    return *seen;
  }
  bool sees(std::size_t sessions) {
    return world_.run_until([&] {
      const View view = look(*one_);
      return view.sessions.size() == sessions && view.missing.empty();
    });
  }
  // What the others see of it within five seconds of the fact.
  void within_five_seconds(std::size_t sessions) {
    const net::Instant start = world_.loop().now();
    ASSERT_TRUE(sees(sessions));
    EXPECT_LE(world_.loop().now() - start, 5s);
  }

  contract::RedisWorld world_{contract::Kind::simulated};
  SimRedis& redis_ = world_.simulated();
  std::unique_ptr<RosterMember> one_, two_;
};

TEST_F(RedisRosterTest, SessionsComeAndGoWithinFiveSeconds) {
  ASSERT_TRUE(sees(0));
  world_.pass(2s);
  two_->open(256);
  within_five_seconds(1);
  two_->close(256);
  within_five_seconds(0);
}

TEST_F(RedisRosterTest, WhatLivesStays) {
  two_->open(256);
  ASSERT_TRUE(sees(1));
  for (int i = 0; i < 60; ++i) {
    world_.pass(1s);
    ASSERT_THAT(look(*one_).sessions, SizeIs(1)) << i;
    ASSERT_THAT(look(*one_, Kind::instances).instances, SizeIs(2)) << i;
  }
}

TEST_F(RedisRosterTest, WhoDiesStaysForItsTtl) {
  two_->open(256);
  ASSERT_TRUE(sees(1));
  const net::Instant death = world_.loop().now();
  two_.reset();
  ASSERT_TRUE(sees(0));
  EXPECT_GE(world_.loop().now() - death, 9s);
  EXPECT_LE(world_.loop().now() - death, 16s);
}

TEST_F(RedisRosterTest, WhereNothingChangesLittleIsSaid) {
  for (std::uint64_t i = 1; i <= 3000; ++i) two_->open(i << 8);
  ASSERT_TRUE(sees(3000));
  one_.reset();
  world_.pass(5s);
  const std::uint64_t before = redis_.counts().commands;
  world_.pass(60s);
  EXPECT_LE(redis_.counts().commands - before, 60U + 4 * 13) << "a ping a second where it is quiet, and four renewals";
}

TEST_F(RedisRosterTest, WhoAsksMeanwhileSharesTheView) {
  ASSERT_TRUE(sees(0));
  const std::uint64_t before = redis_.counts().commands;
  std::vector<std::shared_ptr<const View>> seen;
  for (int i = 0; i < 100; ++i)
    one_->roster().look(Kind::sessions, [&seen](const auto& view) { seen.push_back(view); });
  ASSERT_TRUE(world_.run_until([&] { return seen.size() == 100; }));
  EXPECT_EQ(seen.front(), seen.back());
  world_.pass(500ms);
  EXPECT_LE(redis_.counts().commands - before, 20U);
}

TEST_F(RedisRosterTest, WithoutRedisEachSeesItselfAndSaysWhy) {
  one_->open(256);
  two_->open(256);
  ASSERT_TRUE(sees(2));
  redis_.kill();
  ASSERT_TRUE(world_.run_until([&] { return !look(*one_).missing.empty(); }));
  const View view = look(*one_);
  ASSERT_THAT(view.sessions, SizeIs(1));
  EXPECT_EQ(view.sessions[0].instance, "one");
  world_.pass(30s);
  redis_.start();
  EXPECT_TRUE(sees(2)) << "and it comes back empty";
}

TEST_F(RedisRosterTest, ARedisThatDoesNotAnswerIsNotWaitedForLong) {
  one_->open(256);
  ASSERT_TRUE(sees(1));
  redis_.stall();
  const net::Instant start = world_.loop().now();
  const View view = look(*one_);
  EXPECT_LE(world_.loop().now() - start, 3s);
  EXPECT_NE(view.missing, "");
  EXPECT_THAT(view.sessions, SizeIs(1));
  redis_.resume();
  EXPECT_TRUE(sees(1));
}

TEST_F(RedisRosterTest, WhoLeavesTakesItsKeysAlong) {
  two_->open(256);
  ASSERT_TRUE(sees(1));
  bool left = false;
  two_->roster().leave([&left] { left = true; });
  ASSERT_TRUE(world_.run_until([&] { return left; }));
  for (const char* key : {"instance", "sessions", "channels"})
    EXPECT_EQ(redis_.store().fields("dockcast:" + std::string(key) + ":{two-0000000000000002}"), nullptr) << key;
}

TEST_F(RedisRosterTest, WhoLeavesWhileRedisDoesNotAnswerGoesAllTheSame) {
  ASSERT_TRUE(sees(0));
  redis_.stall();
  bool left = false;
  const net::Instant start = world_.loop().now();
  two_->roster().leave([&left] { left = true; });
  ASSERT_TRUE(world_.run_until([&] { return left; }));
  EXPECT_LE(world_.loop().now() - start, 3s);
}

TEST_F(RedisRosterTest, AFlushIsMadeGoodWithinFiveSeconds) {
  for (std::uint64_t i = 1; i <= 1200; ++i) two_->open(i << 8);
  ASSERT_TRUE(sees(1200));
  redis_.flush();
  EXPECT_THAT(look(*one_).sessions, IsEmpty());
  within_five_seconds(1200);
}

TEST_F(RedisRosterTest, WhatAFailoverForgotIsMadeGood) {
  two_->open(256);
  ASSERT_TRUE(sees(1));
  redis_.fork();
  two_->open(512);
  two_->close(256);
  ASSERT_TRUE(world_.run_until([&] { return look(*one_).sessions.at(0).name == "two-0000000000000002-512"; }));
  redis_.fail_over();
  EXPECT_TRUE(world_.run_until([&] {
    const View view = look(*one_);
    return view.sessions.size() == 1 && view.sessions[0].name == "two-0000000000000002-512";
  }));
}

TEST_F(RedisRosterTest, AFullRedisIsSaidOnceAndMadeGood) {
  ASSERT_TRUE(sees(0));
  redis_.refuse_scripts(true);
  two_->open(256);
  world_.pass(10s);
  EXPECT_THAT(warnings, SizeIs(2)) << "one for each instance";
  redis_.refuse_scripts(false);
  EXPECT_TRUE(sees(1));
}

TEST_F(RedisRosterTest, ALabelThatTwoHaveIsWarnedOf) {
  const auto other = make("one-0000000000000009");
  const auto longer = make("one-1-0000000000000009");
  ASSERT_TRUE(world_.run_until([&] { return warnings.size() == 2; })) << "each of the two";
  EXPECT_THAT(warnings, testing::Each(testing::HasSubstr("the same INSTANCE_ID")));
  world_.pass(60s);
  EXPECT_THAT(warnings, SizeIs(2)) << "and only once";
}

TEST_F(RedisRosterTest, WhoComesBackAfterACrashIsNoSecondOne) {
  ASSERT_TRUE(world_.run_until([&] { return look(*one_, Kind::instances).instances.size() == 2; }));
  two_ = make("two-0000000000000009");
  world_.pass(60s);
  EXPECT_THAT(warnings, IsEmpty());
}

TEST_F(RedisRosterTest, TheIndexForgetsTheDead) {
  for (int i = 0; i < 30; ++i) {
    two_ = make("dead-00000000000000" + std::to_string(10 + i));
    world_.pass(3s);
  }
  two_.reset();
  world_.pass(30s);
  EXPECT_THAT(*redis_.store().fields("dockcast:instances"), SizeIs(1));
}

}  // namespace
}  // namespace sim
