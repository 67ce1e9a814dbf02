// Application channels over three instances and one Redis, as they are published on and followed while Redis and the
// bus fail: nobody is told a message twice or out of turn, and what is missing is told as a gap that has a reason. At
// random, too: message_world.hpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/message_instance.hpp"
#include "sim/message_judge.hpp"
#include "sim/sim_redis.hpp"
#include "sim/site.hpp"

namespace sim {
namespace {

using namespace std::chrono_literals;
using testing::AnyOf;
using testing::ElementsAre;
using testing::IsEmpty;
namespace json = boost::json;

// Somebody on one channel, who comes back with its position, to any instance.
struct Listener {
  MessageJudge judge;
  std::size_t at = 0;  // which instance
  std::uint32_t slot = 0;
  bool here = false, joined = false;
};

class Messages : public testing::Test {
 protected:
  static constexpr std::size_t count = 3;

  explicit Messages(std::uint64_t kept = 1000) : kept_(kept), truth_(redis_.store(), "app:chat", kept) {
    redis_.watch([this] { check(truth_.look()); });
    for (std::size_t i = 0; i < count; ++i) start(i);
    people(1);
    EXPECT_TRUE(world_.run_until([this] { return connected(); }, 10s));
  }
  ~Messages() override {
    EXPECT_EQ(wrong_, "");
    publishing_.cancel();
    here_.clear();
  }

  void start(std::size_t i) {
    feeds::MessageFeeds::Settings settings;
    settings.rules.add(*messages::Rules::parse("*=" + std::to_string(kept_) + "/1h"));
    here_.resize(std::max(here_.size(), i + 1));
    here_[i] = std::make_unique<MessageInstance>(world_, "i" + std::to_string(i), true, settings, 2 << 10);
  }
  void people(std::size_t number) {
    listeners_.clear();
    for (; number > 0; --number) listeners_.push_back({MessageJudge(truth_, tally_)});
  }
  bool connected() const {
    return std::all_of(here_.begin(), here_.end(),
                       [](const auto& each) { return !each || each->bus().state() == bus::State::connected; });
  }
  void check(const std::string& wrong) {
    if (wrong_.empty()) wrong_ = wrong;
  }

  net::Task<void> publish_one(std::size_t by, std::string data) {
    messages::Publication publication;
    publication.channel = "app:chat";
    publication.from = "ann";
    publication.message_id = data;
    publication.data = data;
    const auto call = answers_.ask(data);
    const auto answer = co_await here_[by]->feeds().publish(std::move(publication));
    check(answers_.answer(call, answer));
    ++answered_;
    if (!answer) refusals_.push_back(answer.error().fault);
  }
  void publish(std::size_t by) { publishing_.start(publish_one(by, std::to_string(++said_))); }
  bool all_answered() const { return answered_ == said_; }

  void join(Listener& listener, std::size_t at) {
    listener.judge.ask(MessageJudge::Knows::the_data_set);
    listener.at = at;
    listener.here = true;
    listener.joined = false;
    listener.slot = here_[at]->follow("chat", listener.judge.position());
  }
  void leave(Listener& listener) {
    look(listener);
    if (listener.here) here_[listener.at]->leave(listener.slot);
    listener.here = false;
  }
  // What came, judged.
  void look(Listener& listener) {
    if (!listener.here) return;
    MessageInstance& instance = *here_[listener.at];
    if (instance.refused.contains(listener.slot)) {
      instance.leave(listener.slot);
      listener.here = false;
      return;
    }
    if (!listener.joined && instance.subscribed.contains(listener.slot)) {
      listener.joined = true;
      check(listener.judge.hear(instance.subscribed.at(listener.slot)));
    }
    for (const json::object& message : instance.heard(listener.slot)) check(listener.judge.hear(message));
  }
  // Everybody stands where the last message is.
  bool all_there() {
    for (Listener& each : listeners_) look(each);
    return std::all_of(listeners_.begin(), listeners_.end(),
                       [](const Listener& each) { return each.here && each.joined && each.judge.missing().empty(); });
  }
  std::uint64_t told(std::size_t listener) const { return listeners_[listener].judge.told(); }
  std::uint64_t recovered(const std::string& how) { return tally_["messages: recovered " + how]; }

  net::SimWorld world_{1};
  const std::uint64_t kept_;
  Site redis_site_{world_.host("redis")};
  SimRedis redis_{redis_site_.network, net::Endpoint{{}, "redis", 6379}};
  Tally tally_;
  MessageTruth truth_;
  MessageAnswers answers_{truth_, tally_};
  std::vector<std::unique_ptr<MessageInstance>> here_;
  std::vector<Listener> listeners_;
  std::vector<base::Fault> refusals_;
  std::uint64_t said_ = 0, answered_ = 0;
  std::string wrong_;
  net::Jobs publishing_;
};

class ShortHistory : public Messages {
 protected:
  ShortHistory() : Messages(50) {}
};

TEST_F(Messages, WhatIsPublishedOnOneInstanceIsHeardOnAllInOrder) {
  people(count);
  for (std::size_t i = 0; i < count; ++i) join(listeners_[i], i);
  world_.run_for(1s);
  for (int i = 0; i < 100; ++i) publish(static_cast<std::size_t>(i) % count);
  EXPECT_TRUE(world_.run_until([this] { return all_answered() && all_there(); }, 10s));
  for (const Listener& each : listeners_) EXPECT_EQ(each.judge.told(), 100u);
}

TEST_F(Messages, WhoWasAwayIsGivenWhatItMissed) {
  join(listeners_[0], 0);
  world_.run_for(1s);
  publish(1);
  ASSERT_TRUE(world_.run_until([this] { return all_answered() && all_there(); }, 10s));
  leave(listeners_[0]);
  for (int i = 0; i < 300; ++i) publish(1);
  world_.run_for(60s);
  join(listeners_[0], 2);
  EXPECT_TRUE(world_.run_until([this] { return all_there() && told(0) == 301; }, 10s));
  EXPECT_EQ(recovered("full"), 1u);
  EXPECT_THAT(listeners_[0].judge.reasons(), IsEmpty());
}

TEST_F(ShortHistory, WhoWasAwayForTooLongIsToldExactlyWhatIsGone) {
  join(listeners_[0], 0);
  world_.run_for(1s);
  leave(listeners_[0]);
  for (int i = 0; i < 300; ++i) publish(1);
  ASSERT_TRUE(world_.run_until([this] { return all_answered(); }, 10s));
  join(listeners_[0], 2);
  EXPECT_TRUE(world_.run_until([this] { return all_there() && told(0) == 50; }, 10s));
  EXPECT_EQ(recovered("partial"), 1u);
  EXPECT_THAT(listeners_[0].judge.reasons(), ElementsAre("trimmed"));
}

TEST_F(Messages, BehindAFlushNothingCanBeResumed) {
  join(listeners_[0], 0);
  world_.run_for(1s);
  publish(1);
  ASSERT_TRUE(world_.run_until([this] { return all_answered() && all_there(); }, 10s));
  leave(listeners_[0]);
  redis_.flush();
  truth_.flush();
  join(listeners_[0], 1);
  ASSERT_TRUE(world_.run_until([this] { return all_there(); }, 10s));
  EXPECT_EQ(recovered("none"), 1u);
}

// An instance that has not heard of it either, and stands behind where the listener did.
TEST_F(Messages, BehindAFlushNobodyIsSentBackToWhatIsGone) {
  people(2);
  join(listeners_[0], 2);
  world_.run_for(1s);
  publish(1);
  ASSERT_TRUE(world_.run_until([this] { return all_answered() && (look(listeners_[0]), told(0) == 1); }, 10s));
  redis_.lose([](std::string_view channel, std::string_view) { return channel.find("bus:{app:") != channel.npos; });
  publish(1);
  publish(1);
  ASSERT_TRUE(world_.run_until([this] { return all_answered(); }, 10s));
  join(listeners_[1], 1);
  world_.run_for(1s);
  leave(listeners_[1]);
  redis_.flush();
  truth_.flush();
  join(listeners_[1], 2);
  world_.run_for(1s);
  look(listeners_[1]);
  EXPECT_EQ(recovered("none"), 1u);
  EXPECT_TRUE(world_.run_until([this] { return all_there(); }, 10s));
  EXPECT_THAT(listeners_[0].judge.reasons(), ElementsAre("recreated"));
  EXPECT_THAT(listeners_[1].judge.reasons(), IsEmpty());
}

TEST_F(Messages, AFailoverThatLostMessagesIsToldAndNoPositionIsGivenTwice) {
  people(2);
  join(listeners_[0], 0);
  world_.run_for(1s);
  publish(1);
  world_.run_for(1s);
  redis_.fork();
  truth_.fork();
  for (int i = 0; i < 5; ++i) publish(1);
  const auto all_heard = [this] {
    look(listeners_[0]);
    return all_answered() && told(0) == 6;
  };
  ASSERT_TRUE(world_.run_until(all_heard, 10s));
  leave(listeners_[0]);
  redis_.fail_over();
  truth_.fail_over();
  world_.run_for(5s);
  join(listeners_[0], 1);
  join(listeners_[1], 2);
  ASSERT_TRUE(world_.run_until([this] { return all_there(); }, 10s));
  EXPECT_EQ(recovered("partial"), 1u);
  EXPECT_THAT(listeners_[0].judge.reasons(), ElementsAre("failover"));
  for (int i = 0; i < 5; ++i) publish(0);
  ASSERT_TRUE(world_.run_until([this] { return all_answered() && all_there(); }, 10s));
  EXPECT_TRUE(world_.run_until([this] { return all_there() && told(1) == 5; }, 10s));
}

TEST_F(Messages, ALostLastMessageIsMadeGoodByTheTip) {
  join(listeners_[0], 0);
  world_.run_for(1s);
  redis_.lose([](std::string_view channel, std::string_view payload) {
    return channel.find("bus:{app:") != channel.npos && payload.starts_with("m1");
  });
  publish(1);
  EXPECT_TRUE(world_.run_until([this] { return all_there() && told(0) == 1; }, 5s));
}

TEST_F(Messages, WithoutRedisPublishingIsRefusedAtOnceAndSubscriptionsStay) {
  join(listeners_[0], 0);
  world_.run_for(1s);
  redis_.kill();
  truth_.flush();
  world_.run_for(1s);
  const net::Instant asked = here_[1]->loop().now();
  publish(1);
  ASSERT_TRUE(world_.run_until([this] { return all_answered(); }, 10s));
  EXPECT_LT(here_[1]->loop().now() - asked, 100ms);
  EXPECT_THAT(refusals_, ElementsAre(base::Fault::unavailable));
  redis_.start();
  ASSERT_TRUE(world_.run_until([this] { return connected(); }, 20s));
  publish(1);
  EXPECT_TRUE(world_.run_until([this] { return all_there() && told(0) == 1; }, 10s));
  EXPECT_THAT(listeners_[0].judge.reasons(), AnyOf(IsEmpty(), ElementsAre("recreated")));
}

TEST_F(Messages, WhoIsSlowIsGivenEverythingFromTheStore) {
  join(listeners_[0], 0);
  world_.run_for(1s);
  here_[0]->stall(listeners_[0].slot);
  for (int i = 0; i < 500; ++i) publish(1);
  ASSERT_TRUE(world_.run_until([this] { return all_answered(); }, 20s));
  world_.run_for(1s);
  here_[0]->resume(listeners_[0].slot);
  EXPECT_TRUE(world_.run_until([this] { return all_there() && told(0) == 500; }, 20s));
  EXPECT_THAT(listeners_[0].judge.reasons(), IsEmpty());
}

}  // namespace
}  // namespace sim
