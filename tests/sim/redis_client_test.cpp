// redis::Client and Subscriber against a simulated Redis that misbehaves.
#include <gtest/gtest.h>

#include "contract/redis_world.hpp"
#include "redis/client.hpp"
#include "redis/subscriber.hpp"

namespace sim {
namespace {

using namespace std::chrono_literals;
using base::Fault;
using base::Result;
using contract::Kind;
using redis::Client;
using redis::Reply;

class RedisClient : public ::testing::Test {
 protected:
  void join(Client::Settings settings = {}) {
    client_ = std::make_unique<Client>(world_.network(), world_.address(), settings);
    ASSERT_TRUE(connected());
  }
  bool connected() {
    return world_.run_until([&] { return client_->connected(); });
  }
  bool down() {
    return world_.run_until([&] { return !client_->connected(); });
  }
  template <class... Text>
  Result<Reply> command(const Text&... text) {
    return world_.await(client_->command(text...));
  }
  // The answer comes into `results_`, in the order of answers.
  void call(std::initializer_list<std::string_view> parts) {
    client_->call(parts, [this](Result<Reply> reply) { results_.push_back(std::move(reply)); });
  }
  bool answered(std::size_t count) {
    return world_.run_until([&] { return results_.size() == count; });
  }
  static Fault fault(const Result<Reply>& result) { return result ? Fault::internal : result.error().fault; }

  contract::RedisWorld world_{Kind::simulated};
  SimRedis& redis_ = world_.simulated();
  std::unique_ptr<Client> client_;
  std::vector<Result<Reply>> results_;
};

TEST_F(RedisClient, AnswersComeInTheOrderOfTheCommands) {
  join();
  for (int i = 0; i < 1000; ++i) call({"INCR", "n"});
  EXPECT_TRUE(results_.empty()) << "answered inside call()";
  ASSERT_TRUE(answered(1000));
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(results_[static_cast<std::size_t>(i)]->integer, i + 1);
}

TEST_F(RedisClient, WhatIsNotAnsweredInTimeEndsTheConnection) {
  join();
  redis_.stall();
  for (int i = 0; i < 3; ++i) call({"INCR", "n"});
  ASSERT_TRUE(answered(3));
  EXPECT_EQ(fault(results_[0]), Fault::timed_out);
  EXPECT_EQ(fault(results_[1]), Fault::closed);
  EXPECT_EQ(fault(results_[2]), Fault::closed);
  EXPECT_FALSE(client_->connected());
  EXPECT_EQ(client_->counts().timed_out, 1u);
  EXPECT_EQ(fault(command("PING")), Fault::unavailable);
  redis_.resume();
  ASSERT_TRUE(connected());
  EXPECT_EQ(command("INCR", "n")->integer, 4) << "the three were carried out, only nobody was told";
}

TEST_F(RedisClient, ADeadServerIsNoticedThoughNobodyAsksAnything) {
  join();
  redis_.stall();
  EXPECT_TRUE(down());
}

TEST_F(RedisClient, TooManyCommandsAreRefusedAndTheRestIsAnswered) {
  join({.pending_max = 3});
  redis_.stall();
  for (int i = 0; i < 5; ++i) call({"INCR", "n"});
  ASSERT_TRUE(answered(2));
  EXPECT_EQ(fault(results_[0]), Fault::unavailable);
  EXPECT_EQ(fault(results_[1]), Fault::unavailable);
  EXPECT_EQ(client_->counts().refused, 2u);
  redis_.resume();
  ASSERT_TRUE(answered(5));
  EXPECT_EQ(results_[4]->integer, 3);
}

TEST_F(RedisClient, TooManyBytesAreRefused) {
  join({.pending_bytes_max = 1000});
  call({"SET", "k", std::string(2000, 'x')});
  call({"SET", "k", std::string(500, 'x')});
  ASSERT_TRUE(answered(2));
  EXPECT_EQ(client_->counts().refused, 1u);
  EXPECT_EQ(command("GET", "k")->text.size(), 500u);
}

TEST_F(RedisClient, ATaskThatIsGivenUpLeavesTheOrderAlone) {
  join();
  redis_.stall();
  std::optional<Result<Reply>> never;
  net::Job job(contract::keep(client_->command("SET", "k", "v"), never));
  call({"GET", "k"});
  job.cancel();
  redis_.resume();
  ASSERT_TRUE(answered(1));
  EXPECT_EQ(results_[0]->text, "v");
  EXPECT_FALSE(never);
}

TEST_F(RedisClient, NobodyIsCalledAfterItsEnd) {
  join();
  redis_.stall();
  call({"PING"});
  client_.reset();
  redis_.resume();
  world_.pass(1min);
  EXPECT_TRUE(results_.empty());
}

TEST_F(RedisClient, AServerThatLoadsIsWaitedFor) {
  redis_.set_loading(true);
  client_ = std::make_unique<Client>(world_.network(), world_.address());
  EXPECT_TRUE(world_.run_until([&] { return client_->reason().find("loading") != std::string::npos; }));
  EXPECT_FALSE(client_->connected());
  redis_.set_loading(false);
  EXPECT_TRUE(connected());
  EXPECT_EQ(client_->reason(), "");
}

TEST_F(RedisClient, ASentinelOrReplicaIsRefused) {
  redis_.set_role("slave");
  client_ = std::make_unique<Client>(world_.network(), world_.address());
  EXPECT_TRUE(world_.run_until([&] { return client_->reason().find("replica") != std::string::npos; }));
  redis_.set_role("master");
  EXPECT_TRUE(connected());
}

TEST_F(RedisClient, AWrongPasswordIsNotHammered) {
  auto address = world_.address();
  address.password = "wrong";
  client_ = std::make_unique<Client>(world_.network(), address);
  ASSERT_TRUE(
      world_.run_until([&] { return client_->reason().find("leave it out of REDIS_URL") != std::string::npos; }));
  const auto before = client_->counts().dials;
  world_.pass(1min);
  EXPECT_GE(client_->counts().dials - before, 5u);
  EXPECT_LE(client_->counts().dials - before, 15u);
}

struct Reaction {
  const char* error;
  Fault fault;
  bool redials;
};

class RedisRefusals : public RedisClient, public ::testing::WithParamInterface<Reaction> {};

TEST_P(RedisRefusals, EndTheConnectionOrTheCommandOnly) {
  join();
  bool was_down = false;
  client_->on_connected([&](bool connected) { was_down |= !connected; });
  redis_.refuse_with(GetParam().error);
  EXPECT_EQ(fault(command("GET", "k")), GetParam().fault);
  redis_.refuse_with("");
  ASSERT_TRUE(connected());
  EXPECT_EQ(command("INCR", "n")->integer, 1);
  EXPECT_EQ(was_down, GetParam().redials);
}

INSTANTIATE_TEST_SUITE_P(, RedisRefusals,
                         ::testing::Values(Reaction{"LOADING Redis is loading", Fault::unavailable, true},
                                           Reaction{"READONLY You can't write", Fault::unavailable, true},
                                           Reaction{"MOVED 1 127.0.0.1:1", Fault::unavailable, true},
                                           Reaction{"NOAUTH Authentication required.", Fault::unauthorized, true},
                                           Reaction{"MISCONF cannot persist", Fault::unavailable, false},
                                           Reaction{"NOPERM no permissions", Fault::forbidden, false},
                                           Reaction{"WRONGPASS invalid", Fault::unauthorized, true},
                                           Reaction{"OOM command not allowed", Fault::unavailable, false},
                                           Reaction{"BUSY Redis is busy", Fault::unavailable, false},
                                           Reaction{"NOREPLICAS Not enough", Fault::unavailable, false},
                                           Reaction{"CLUSTERDOWN Hash slot not served", Fault::unavailable, true},
                                           Reaction{"MASTERDOWN Link with MASTER is down", Fault::unavailable, true},
                                           Reaction{"ERR max number of clients reached", Fault::unavailable, true},
                                           Reaction{"ERR whatever", Fault::internal, false}));

struct Events final : redis::Subscriber::Handler {
  void on_subscribed(std::string_view channel) override { said += "+" + std::string(channel); }
  void on_message(std::string_view channel, std::string_view payload) override {
    said += "=" + std::string(channel) + ":" + std::string(payload);
  }
  void on_cut(std::string_view channel) override { said += "-" + std::string(channel); }
  void on_lanes_changed() override {}
  std::size_t followers(std::string_view channel) const override { return channel == "b" ? 2 : channel == "c" ? 9 : 1; }

  std::string said;
};

class RedisSubscriber : public RedisClient {
 protected:
  void listen(redis::Subscriber::Settings settings = {.lanes = 1}) {
    subscriber_ = std::make_unique<redis::Subscriber>(world_.network(), world_.address(), events_, settings);
    EXPECT_TRUE(world_.run_until([&] { return subscriber_->connected(); }));
  }
  bool said(const std::string& what) {
    return world_.run_until([&] { return events_.said == what; });
  }

  Events events_;
  std::unique_ptr<redis::Subscriber> subscriber_;
};

TEST_F(RedisSubscriber, ACutIsToldForEachChannelAndAllStandAgain) {
  listen();
  subscriber_->subscribe("a");
  subscriber_->subscribe("b");
  ASSERT_TRUE(said("+a+b"));
  redis_.kill_subscribers();
  EXPECT_TRUE(said("+a+b-a-b+b+a"));
}

TEST_F(RedisSubscriber, WhatMostFollowStandsAgainFirst) {
  listen();
  for (const char* name : {"a", "b", "c", "d"}) subscriber_->subscribe(name);
  ASSERT_TRUE(said("+a+b+c+d"));
  events_.said.clear();
  redis_.kill_subscribers();
  EXPECT_TRUE(said("-a-b-c-d+c+b+a+d"));
}

TEST_F(RedisSubscriber, WhatIsLeftWhileItIsDownStaysLeft) {
  listen();
  subscriber_->subscribe("a");
  subscriber_->subscribe("b");
  ASSERT_TRUE(said("+a+b"));
  redis_.kill();
  ASSERT_TRUE(said("+a+b-a-b"));
  subscriber_->unsubscribe("a");
  redis_.start();
  EXPECT_TRUE(said("+a+b-a-b+b"));
  EXPECT_EQ(redis_.subscribers("a"), 0u);
}

TEST_F(RedisSubscriber, ASilentConnectionIsGivenUp) {
  listen({.lanes = 1});
  subscriber_->subscribe("a");
  ASSERT_TRUE(said("+a"));
  redis_.stall();
  ASSERT_TRUE(said("+a-a"));
  redis_.resume();
  EXPECT_TRUE(said("+a-a+a"));
}

TEST_F(RedisSubscriber, AQuietConnectionThatAnswersPingsIsKept) {
  listen({.lanes = 1});
  subscriber_->subscribe("a");
  ASSERT_TRUE(said("+a"));
  world_.pass(4min);
  EXPECT_EQ(subscriber_->dials(), 1u);
  EXPECT_EQ(events_.said, "+a");
}

TEST_F(RedisSubscriber, ALaneThatIsCutForItsOutputLeavesTheOthersAlone) {
  listen({.lanes = 2});
  join();
  std::string names[2];
  for (int i = 0; names[0].empty() || names[1].empty(); ++i) {
    names[subscriber_->lane_of(std::to_string(i))] = std::to_string(i);
  }
  for (const std::string& name : names) subscriber_->subscribe(name);
  ASSERT_TRUE(world_.run_until([&] { return events_.said.size() == names[0].size() + names[1].size() + 2; }));
  events_.said.clear();
  subscriber_->drop(0, {Fault::closed, "for the test"});
  EXPECT_TRUE(said("-" + names[0] + "+" + names[0]));
}

TEST_F(RedisSubscriber, SubscriptionsArePaced) {
  listen({.lanes = 1, .names_per_tick = 10});
  for (int i = 0; i < 95; ++i) subscriber_->subscribe(std::to_string(i));
  const std::uint64_t before = redis_.counts().commands;
  EXPECT_TRUE(world_.run_until([&] { return redis_.subscribers("94") == 1; }));
  EXPECT_EQ(redis_.counts().commands - before, 10u);
}

}  // namespace
}  // namespace sim
