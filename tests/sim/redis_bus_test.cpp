// bus::RedisBus and lease::RedisLease against a simulated Redis that misbehaves.
#include <gtest/gtest.h>

#include "bus/redis_bus.hpp"
#include "contract/redis_world.hpp"
#include "contract/slow_proxy.hpp"
#include "lease/redis_lease.hpp"

namespace sim {
namespace {

using namespace std::chrono_literals;
using contract::Heard;
using contract::Kind;
using lease::Answer;
using lease::Fence;

class SimulatedRedis : public ::testing::Test {
 protected:
  void SetUp() override {
    bus_ = std::make_unique<bus::RedisBus>(world_.network(), address(),
                                           bus::RedisBus::Settings{.prefix = world_.prefix()});
    client_ = std::make_unique<redis::Client>(world_.network(), address());
    one_ = std::make_unique<lease::RedisLease>(world_.loop(), *client_, "one", world_.prefix());
    two_ = std::make_unique<lease::RedisLease>(world_.loop(), *client_, "two", world_.prefix());
    ASSERT_TRUE(connected());
    following_ = bus_->follow("a", heard_);
    ASSERT_TRUE(world_.run_until([&] { return heard_.stands(); }));
  }
  virtual redis::Address address() const { return world_.address(); }
  bool connected() {
    return world_.run_until([&] { return bus_->state() == bus::State::connected && client_->connected(); });
  }
  std::string wire() const { return world_.prefix() + "bus:{a}"; }
  std::uint64_t publish(std::string frame) {
    std::optional<base::Result<std::uint64_t>> result;
    bus_->publish("a", std::move(frame), [&result](base::Result<std::uint64_t> receivers) { result = receivers; });
    EXPECT_TRUE(world_.run_until([&result] { return result.has_value(); }));
    return result->value();
  }
  bool hears(const std::string& frame) {
    return world_.run_until([&] { return !heard_.frames.empty() && heard_.frames.back() == frame; });
  }

  Answer acquire(lease::Lease& by, Fence above = {}) { return world_.await(by.acquire("a", 10s, above)).value(); }
  bool renew(lease::Lease& by, Fence fence) { return world_.await(by.renew("a", 10s, fence)).value(); }

  contract::RedisWorld world_{Kind::simulated};
  SimRedis& redis_ = world_.simulated();
  std::unique_ptr<bus::RedisBus> bus_;
  std::unique_ptr<redis::Client> client_;
  std::unique_ptr<lease::RedisLease> one_, two_;
  Heard heard_;
  std::unique_ptr<bus::Following> following_;
};

TEST_F(SimulatedRedis, ALostPublicationIsLostAndNothingElse) {
  redis_.lose([this](std::string_view channel, std::string_view frame) { return channel == wire() && frame == "2"; });
  EXPECT_EQ(publish("1"), 1u);
  EXPECT_EQ(publish("2"), 1u) << "Redis itself does not know";
  EXPECT_EQ(publish("3"), 1u);
  EXPECT_TRUE(hears("3"));
  EXPECT_EQ(heard_.frames, (std::vector<std::string>{"1", "3"}));
  EXPECT_EQ(redis_.counts().lost, 1u);
}

TEST_F(SimulatedRedis, ALaneThatDoesNotHearItsCanaryIsDialledAgain) {
  ASSERT_TRUE(world_.run_until([&] { return bus_->canary_age().has_value(); }));
  redis_.lose([](std::string_view, std::string_view) { return true; });
  EXPECT_TRUE(world_.run_until([&] { return heard_.lost > 0; }));
  EXPECT_GE(bus_->counts().deaf, 1u);
  redis_.lose({});
  EXPECT_TRUE(world_.run_until([&] { return heard_.stands() && bus_->canary_age().has_value(); }));
  EXPECT_TRUE(connected());
  EXPECT_EQ(publish("x"), 1u);
  EXPECT_TRUE(hears("x"));
}

TEST_F(SimulatedRedis, ADeafLaneIsGivenUpTwoSecondsAfterRedisConfirmedAndTheBusIsDownUntilItHears) {
  std::vector<bus::State> told;
  const bus::Observing observing = bus_->on_state([&](bus::State state) { told.push_back(state); });
  redis_.lose([](std::string_view, std::string_view) { return true; });
  const net::Instant since = world_.loop().now();
  ASSERT_TRUE(world_.run_until([&] { return bus_->counts().deaf > 0; }));
  EXPECT_GE(world_.loop().now() - since, 2s);
  EXPECT_LE(world_.loop().now() - since, 4s) << "a second to the next song, two to wait, half a one to judge";
  ASSERT_TRUE(world_.run_until([&] { return bus_->deaf_in_a_row() >= 3; }));
  EXPECT_EQ(told, std::vector{bus::State::down}) << "it does not say that it works in between";
  EXPECT_LE(world_.loop().now() - since, 20s);
  redis_.lose({});
  EXPECT_TRUE(connected());
  EXPECT_EQ(bus_->deaf_in_a_row(), 0u);
  EXPECT_EQ(told, (std::vector{bus::State::down, bus::State::connected}));
}

TEST_F(SimulatedRedis, ADeadRedisIsNoDeafnessOfOurs) {
  redis_.lose([](std::string_view, std::string_view) { return true; });
  ASSERT_TRUE(world_.run_until([&] { return bus_->deaf_in_a_row() > 0; }));
  redis_.kill();
  EXPECT_TRUE(world_.run_until([&] { return bus_->deaf_in_a_row() == 0; }));
}

TEST_F(SimulatedRedis, AQuietTimeDropsNobody) {
  const auto dials = bus_->counts().dials;
  world_.pass(4min);
  EXPECT_EQ(bus_->counts().deaf, 0u);
  EXPECT_EQ(bus_->counts().dials, dials);
  EXPECT_LE(bus_->canary_age().value(), 4s);
}

TEST_F(SimulatedRedis, AReplicaIsLeftByTheBusThoughItTakesPublications) {
  redis_.set_role("slave");
  redis_.refuse_writes(true);
  EXPECT_TRUE(world_.run_until([&] { return bus_->reason().find("replica") != std::string::npos; }));
  EXPECT_EQ(bus_->state(), bus::State::down);
  redis_.refuse_writes(false);
  redis_.set_role("master");
  EXPECT_TRUE(world_.run_until([&] { return bus_->state() == bus::State::connected; }));
}

class SlowRedis : public SimulatedRedis {
 protected:
  void SetUp() override {
    proxy_.emplace(world_.network(), world_.address().endpoint);
    SimulatedRedis::SetUp();
  }
  redis::Address address() const override {
    redis::Address slow;
    slow.endpoint = proxy_->endpoint();
    return slow;
  }
  std::optional<contract::SlowProxy> proxy_;
};

TEST_F(SlowRedis, HalfASecondAwayKeepsTheBusAndTheLease) {
  proxy_->set_pace({.pause = 250ms});
  const Fence fence = *acquire(*one_).granted;
  for (int i = 0; i < 60; ++i) {
    world_.pass(3s);
    EXPECT_TRUE(renew(*one_, fence));
  }
  EXPECT_EQ(bus_->counts().deaf, 0u);
  EXPECT_EQ(bus_->state(), bus::State::connected);
  publish("x");
  EXPECT_TRUE(hears("x"));
}

TEST_F(SlowRedis, TenKilobytesASecondRefuseWhatFindsNoRoomAndTheLeaseIsKept) {
  proxy_->set_pace({.pause = 100ms, .bytes = 1000});
  const Fence fence = *acquire(*one_).granted;
  int answers = 0, refused = 0;
  for (int i = 0; i < 10; ++i) {
    bus_->publish("a", std::string(bus::frame_bytes_max, 'x'), [&](base::Result<std::uint64_t> receivers) {
      ++answers;
      refused += !receivers;
    });
  }
  EXPECT_TRUE(world_.run_until([&] { return answers == 10; })) << "nobody waits for ever";
  EXPECT_EQ(refused, 10);
  EXPECT_GE(bus_->counts().refused, 5u);
  EXPECT_TRUE(renew(*one_, fence));
  EXPECT_TRUE(connected()) << "once nobody floods it any more";
  EXPECT_TRUE(world_.run_until([&] { return heard_.stands(); }));
  publish("x");
  EXPECT_TRUE(hears("x"));
}

TEST_F(SimulatedRedis, AFrameThatIsTooLargeIsDroppedAndCounted) {
  const std::string large(bus::frame_bytes_max + 1, 'x');
  ASSERT_TRUE(world_.await(client_->command("PUBLISH", wire(), large)));
  publish("x");
  EXPECT_TRUE(hears("x"));
  EXPECT_EQ(heard_.frames.size(), 1u);
  EXPECT_EQ(bus_->counts().oversized_in, 1u);
}

TEST_F(SimulatedRedis, WhoDoesNotObserveItsStateAnyMoreIsNotTold) {
  int told = 0;
  bus::Observing second;
  bus::Observing first = bus_->on_state([&](bus::State) {
    ++told;
    second.reset();
  });
  second = bus_->on_state([&](bus::State) { ADD_FAILURE() << "it has ended"; });
  redis_.kill();
  EXPECT_TRUE(world_.run_until([&] { return told == 1; }));
  first.reset();
  redis_.start();
  EXPECT_TRUE(connected());
  EXPECT_EQ(told, 1);
}

TEST_F(SimulatedRedis, ItsStateFollowsRedisAndIsTold) {
  std::vector<bus::State> told;
  const bus::Observing observing = bus_->on_state([&](bus::State state) { told.push_back(state); });
  redis_.kill();
  EXPECT_TRUE(world_.run_until([&] { return bus_->state() == bus::State::down; }));
  EXPECT_TRUE(world_.run_until([&] { return !heard_.stands(); }));
  EXPECT_FALSE(bus_->reason().empty());
  EXPECT_FALSE(bus_->canary_age());
  redis_.start();
  EXPECT_TRUE(connected());
  EXPECT_EQ(told, (std::vector{bus::State::down, bus::State::connected}));
  EXPECT_TRUE(world_.run_until([&] { return heard_.stands(); }));
  publish("x");
  EXPECT_TRUE(hears("x"));
}

TEST_F(SimulatedRedis, ItsStateIsTrueWithinNineSecondsBothWaysWhateverHappens) {
  struct Fault {
    const char* name;
    std::function<void()> begin, end;
  };
  const Fault faults[] = {
      {"killed", [&] { redis_.kill(); }, [&] { redis_.start(); }},
      {"stopped", [&] { redis_.stall(); }, [&] { redis_.resume(); }},
      {"loading", [&] { redis_.set_loading(true), redis_.fail_over(); }, [&] { redis_.set_loading(false); }},
      {"deaf", [&] { redis_.lose([](auto, auto) { return true; }); }, [&] { redis_.lose({}); }},
  };
  for (int round = 0; round < 5; ++round) {
    for (const Fault& fault : faults) {
      fault.begin();
      world_.pass(9s);  // the tenth is the control loop's, which tells the others once a second
      EXPECT_EQ(bus_->state(), bus::State::down) << fault.name;
      world_.pass(30s);
      EXPECT_EQ(bus_->state(), bus::State::down) << fault.name;
      fault.end();
      world_.pass(9s);
      EXPECT_EQ(bus_->state(), bus::State::connected) << fault.name;
      world_.pass(1min);
    }
  }
}

TEST_F(SimulatedRedis, AClockThatLeapsFreesTheLeaseEarlyAndTheFenceTells) {
  const Fence first = *acquire(*one_).granted;
  redis_.step_clock(60s);
  const Answer second = acquire(*two_);
  ASSERT_TRUE(second.granted);
  EXPECT_GT(*second.granted, first);
  EXPECT_FALSE(renew(*one_, first));
}

TEST_F(SimulatedRedis, AClockThatGoesBackFreezesADeadHoldersLeaseUntilItIsSeized) {
  const Fence first = *acquire(*one_).granted;
  redis_.step_clock(-1h);
  const Answer seen = acquire(*two_);
  ASSERT_FALSE(seen.granted);
  const Answer seized = world_.await(two_->seize("a", 10s, first, seen.value)).value();
  ASSERT_TRUE(seized.granted);
  EXPECT_GT(*seized.granted, first);
}

TEST_F(SimulatedRedis, AFailoverThatForgetsAGrantGivesNoFenceTwiceToWhoHeardOfIt) {
  ASSERT_TRUE(world_.await(one_->release("a", *acquire(*one_).granted)));
  redis_.fork();
  const Fence lost = *acquire(*one_).granted;
  redis_.fail_over();
  ASSERT_TRUE(world_.run_until([&] { return !client_->connected(); }));
  ASSERT_TRUE(connected());
  EXPECT_FALSE(renew(*one_, lost));
  EXPECT_GT(*acquire(*two_, lost).granted, lost);
}

TEST_F(SimulatedRedis, AFlushTakesTheLeaseAndFencesGrowOn) {
  const Fence first = *acquire(*one_).granted;
  redis_.flush();
  EXPECT_FALSE(renew(*one_, first));
  EXPECT_GT(*acquire(*two_).granted, first);
}

}  // namespace
}  // namespace sim
