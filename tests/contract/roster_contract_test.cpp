// What every Roster promises (roster/roster.hpp), asked of each implementation.
#include "roster/roster.hpp"

#include <gmock/gmock.h>

#include "contract/redis_world.hpp"
#include "contract/roster_member.hpp"
#include "roster/memory_roster.hpp"
#include "roster/redis_roster.hpp"

namespace contract {
namespace {

using namespace std::chrono_literals;
using roster::OwnChannel;
using roster::RedisRoster;
using roster::View;
using roster::Kind::channels;
using roster::Kind::instances;
using roster::Kind::sessions;
using testing::IsEmpty;
using testing::SizeIs;

class RosterContract : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == Kind::real && RedisWorld::real_port() == nullptr) GTEST_SKIP() << "no Redis for tests";
    one_ = make("one-0000000000000001");
    if (GetParam() != Kind::memory) two_ = make("two-0000000000000002");
  }

  std::unique_ptr<RosterMember> make(const std::string& id) {
    roster::Own own(id, id.substr(0, id.size() - 17), "0.1", net::WallTime(5s));
    if (GetParam() == Kind::memory)
      return member(std::make_unique<roster::MemoryRoster>(world_.loop(), std::move(own)));
    RedisRoster::Settings settings;
    settings.prefix = world_.prefix();
    settings.ttl = 3s;
    settings.renew_every = 200ms;
    settings.write_every = 20ms;
    return member(std::make_unique<RedisRoster>(world_.network(), world_.address(), std::move(own), settings));
  }
  template <class Made>
  std::unique_ptr<RosterMember> member(std::unique_ptr<Made> made) {
    return std::make_unique<RosterMember>(world_.loop(), std::move(made));
  }

  View look(RosterMember& by, roster::Kind kind) {
    std::shared_ptr<const View> seen;
    by.roster().look(kind, [&seen](const auto& view) { seen = view; });
    EXPECT_EQ(seen, nullptr) << "answered inside the call";
    EXPECT_TRUE(world_.run_until([&] { return seen != nullptr; }));
    return seen == nullptr ? View() : *seen;
  }
  // Comes to see that.
  template <class Condition>
  bool sees(RosterMember& by, roster::Kind kind, Condition condition) {
    return world_.run_until([&] { return condition(look(by, kind)); });
  }
  bool sees_instances(RosterMember& by, std::size_t count) {
    return sees(by, instances, [count](const View& view) { return view.instances.size() == count; });
  }
  bool sees_sessions(RosterMember& by, std::size_t count) {
    return sees(by, sessions, [count](const View& view) { return view.sessions.size() == count; });
  }
  void leave(RosterMember& who) {
    bool left = false;
    who.roster().leave([&left] { left = true; });
    EXPECT_FALSE(left) << "done inside the call";
    EXPECT_TRUE(world_.run_until([&] { return left; }));
  }

  RedisWorld world_{GetParam()};
  std::unique_ptr<RosterMember> one_, two_;
};

TEST_P(RosterContract, AnInstanceSeesItself) {
  one_->own().set_engines({"engine-1"});
  one_->open(256);
  const OwnChannel there[] = {{"docker:events", 2, true}};
  one_->own().set_channels(there);
  const roster::Instance self = look(*one_, instances).instances.at(0);
  EXPECT_EQ(self.id, "one-0000000000000001");
  EXPECT_EQ(self.label, "one");
  EXPECT_EQ(self.version, "0.1");
  EXPECT_EQ(self.started, net::WallTime(5s));
  EXPECT_THAT(self.engines, testing::ElementsAre("engine-1"));
  EXPECT_EQ(self.sessions, 1U);
  EXPECT_EQ(self.channels, 1U);
  EXPECT_EQ(self.readers, 1U);
  EXPECT_EQ(look(*one_, sessions).sessions.at(0).name, "one-0000000000000001-256");
  EXPECT_EQ(look(*one_, channels).channels.at("docker:events").reader, "one");
}

TEST_P(RosterContract, ItsOwnSessionsAreSeenAtOnce) {
  one_->open(256);
  EXPECT_THAT(look(*one_, sessions).sessions, SizeIs(1));
  one_->close(256);
  EXPECT_THAT(look(*one_, sessions).sessions, IsEmpty());
}

TEST_P(RosterContract, WhoLeavesIsToldSo) { leave(*one_); }

INSTANTIATE_TEST_SUITE_P(, RosterContract, ::testing::Values(Kind::memory, Kind::simulated, Kind::real), name_of);

// What takes two.
class SharedRosterContract : public RosterContract {};

TEST_P(SharedRosterContract, EachSeesTheOther) {
  two_->own().set_engines({"engine-2"});
  ASSERT_TRUE(sees_instances(*one_, 2));
  ASSERT_TRUE(sees_instances(*two_, 2));
  const View view = look(*one_, instances);
  EXPECT_EQ(view.instances[0].label, "one") << "ours first";
  EXPECT_EQ(view.instances[1].label, "two");
  EXPECT_EQ(view.instances[1].started, net::WallTime(5s));
  EXPECT_EQ(view.missing, "");
}

TEST_P(SharedRosterContract, ASessionComesChangesAndGoes) {
  two_->open(256);
  ASSERT_TRUE(sees_sessions(*one_, 1));
  const roster::Session session = look(*one_, sessions).sessions[0];
  EXPECT_EQ(session.name, "two-0000000000000002-256");
  EXPECT_EQ(session.instance, "two");
  EXPECT_EQ(session.subject, "me");
  EXPECT_EQ(session.address, "::1:1");
  two_->change(256, "you", 3);
  EXPECT_TRUE(sees(*one_, sessions, [](const View& view) {
    return view.sessions.at(0).subscriptions == 3 && view.sessions[0].subject == "you";
  }));
  EXPECT_TRUE(sees(*one_, instances, [](const View& view) { return view.instances.at(1).sessions == 1; }));
  two_->close(256);
  EXPECT_TRUE(sees_sessions(*one_, 0));
}

TEST_P(SharedRosterContract, FollowersOfAChannelAreSummedAndItsReaderIsNamed) {
  const OwnChannel here[] = {{"container:logs:a", 2, false}, {"docker:events", 1, true}};
  const OwnChannel there[] = {{"container:logs:a", 3, true}};
  one_->own().set_channels(here);
  two_->own().set_channels(there);
  ASSERT_TRUE(
      sees(*one_, channels, [](const View& view) { return view.channels.at("container:logs:a").followers == 5; }));
  const View view = look(*one_, channels);
  EXPECT_EQ(view.channels.at("container:logs:a").reader, "two");
  EXPECT_EQ(view.channels.at("docker:events").reader, "one");
  two_->own().set_channels({});
  ASSERT_TRUE(
      sees(*one_, channels, [](const View& each) { return each.channels.at("container:logs:a").followers == 2; }));
  EXPECT_EQ(look(*one_, channels).channels.at("container:logs:a").reader, "");
}

TEST_P(SharedRosterContract, MoreThanABatchAndAPageArrivesWhole) {
  for (std::uint64_t i = 1; i <= 1300; ++i) two_->open(i << 8);
  ASSERT_TRUE(sees_sessions(*one_, 1300));
  std::set<std::string> names;
  for (const roster::Session& each : look(*one_, sessions).sessions) names.insert(each.name);
  EXPECT_THAT(names, SizeIs(1300));
  for (std::uint64_t i = 1; i <= 1300; ++i)
    if (i % 100 != 0) two_->close(i << 8);
  EXPECT_TRUE(sees_sessions(*one_, 13));
}

TEST_P(SharedRosterContract, WhoLeavesIsGone) {
  two_->open(256);
  ASSERT_TRUE(sees_sessions(*one_, 1));
  leave(*two_);
  EXPECT_THAT(look(*one_, sessions).sessions, IsEmpty());
  EXPECT_THAT(look(*one_, instances).instances, SizeIs(1));
  world_.pass(500ms);
  EXPECT_THAT(look(*one_, instances).instances, SizeIs(1)) << "and stays so";
}

TEST_P(SharedRosterContract, WhoDiesIsGoneWithItsTtl) {
  two_->open(256);
  ASSERT_TRUE(sees_sessions(*one_, 1));
  two_.reset();
  EXPECT_TRUE(sees_instances(*one_, 1));
  EXPECT_TRUE(sees_sessions(*one_, 0));
}

TEST_P(SharedRosterContract, WhatRedisHasLostComesBack) {
  two_->open(256);
  ASSERT_TRUE(sees_sessions(*one_, 1));
  redis::Client client(world_.network(), world_.address());
  ASSERT_TRUE(world_.run_until([&] { return client.connected(); }));
  const std::string id = "{two-0000000000000002}";
  for (const std::string& key : {"sessions:" + id, "instance:" + id, std::string("instances")}) {
    ASSERT_EQ(world_.await(client.command("DEL", world_.prefix() + key)).value().integer, 1) << key;
    EXPECT_TRUE(sees_sessions(*one_, 1)) << key;
  }
}

TEST_P(SharedRosterContract, WhatSomebodyElseWroteThereIsPassedOver) {
  two_->open(256);
  ASSERT_TRUE(sees_sessions(*one_, 1));
  redis::Client client(world_.network(), world_.address());
  ASSERT_TRUE(world_.run_until([&] { return client.connected(); }));
  const std::string key = world_.prefix() + "sessions:{two-0000000000000002}";
  ASSERT_TRUE(world_.await(client.command("HSET", key, "nonsense", "nonsense")));
  EXPECT_THAT(look(*one_, sessions).sessions, SizeIs(1));
}

INSTANTIATE_TEST_SUITE_P(, SharedRosterContract, ::testing::Values(Kind::simulated, Kind::real), name_of);

}  // namespace
}  // namespace contract
