// Longer than most: one fixture, by hand and at random. Application channels over three instances and one Redis, as
// they are published on and followed while Redis and the bus fail: nobody is told a message twice or out of turn, and
// what is missing is told as a gap that has a reason.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "net/random.hpp"
#include "sim/message_instance.hpp"
#include "sim/sim_redis.hpp"
#include "sim/site.hpp"

namespace sim {
namespace {

using namespace std::chrono_literals;
using messages::Position;
using testing::AnyOf;
using testing::ElementsAre;
using testing::IsEmpty;
namespace json = boost::json;

std::string text(const json::object& object, const char* name) { return std::string(object.at(name).as_string()); }
Position position(const json::object& object, const char* name) {
  return Position::parse(text(object, name)).value_or(Position{});
}

// Somebody on one channel, who comes back with its position, to any instance.
struct Listener {
  std::size_t at = 0;  // which instance
  std::uint32_t slot = 0;
  bool here = false, joined = false;
  std::string stands;  // its position; empty: it never stood anywhere
  std::optional<std::string> gap_to;
  std::vector<std::string> reasons;
  std::vector<std::string> told;  // data, in order
};

class Messages : public testing::Test {
 protected:
  static constexpr std::size_t count = 3;

  explicit Messages(std::uint64_t seed = 1) : world_(seed), random_(seed) {
    for (std::size_t i = 0; i < count; ++i) start(i);
    EXPECT_TRUE(world_.run_until([this] { return connected(); }, 10s));
  }
  ~Messages() override {
    publishing_.cancel();
    here_.clear();
  }

  void start(std::size_t i) {
    feeds::MessageFeeds::Settings settings;
    settings.rules.add(*messages::Rules::parse("*=" + std::to_string(kept_) + "/1h"));
    here_.resize(std::max(here_.size(), i + 1));
    here_[i] = std::make_unique<MessageInstance>(world_, "i" + std::to_string(i), true, settings, 2 << 10);
  }
  bool connected() const {
    return std::all_of(here_.begin(), here_.end(),
                       [](const auto& each) { return !each || each->bus().state() == bus::State::connected; });
  }

  net::Task<void> publish_one(std::size_t by, std::string data) {
    messages::Publication publication;
    publication.channel = "app:chat";
    publication.from = "ann";
    publication.message_id = data;
    publication.data = data;
    const auto answer = co_await here_[by]->feeds().publish(std::move(publication));
    ++answered_;
    if (!answer) {
      refusals_.push_back(answer.error().fault);
      co_return;
    }
    last_ = answer->position.print();
    const auto [found, fresh] = published_.emplace(std::pair(answer->position.epoch, answer->position.offset), data);
    if (!fresh && found->second != data) wrong_ = "one position for " + found->second + " and " + data;
  }
  void publish(std::size_t by) { publishing_.start(publish_one(by, std::to_string(++said_))); }
  bool all_answered() const { return answered_ == said_; }

  void join(Listener& listener, std::size_t at) {
    listener.at = at;
    listener.here = true;
    listener.joined = false;
    listener.slot = here_[at]->follow("chat", listener.stands);
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
    if (!listener.joined && instance.subscribed.contains(listener.slot)) subscribed(listener, instance);
    for (const json::object& message : instance.heard(listener.slot)) hear(listener, message);
  }
  void subscribed(Listener& listener, MessageInstance& instance) {
    const feeds::Subscribed& answer = instance.subscribed.at(listener.slot);
    listener.joined = true;
    ++recovered_[answer.recovered];
    if (answer.recovered == "none") listener.stands.clear();
    if (answer.recovered == "full" && answer.position != listener.stands)
      wrong_ = "full, but it goes on from " + answer.position + " and not from " + listener.stands;
    if (answer.recovered == "none" || listener.stands.empty()) listener.stands = answer.position;
  }
  void hear(Listener& listener, const json::object& message) {
    const Position stands = Position::parse(listener.stands).value_or(Position{});
    if (message.at("type") == "gap") {
      if (position(message, "from").offset != stands.offset) wrong_ = "a gap begins elsewhere than where it stands";
      listener.reasons.push_back(text(message, "reason"));
      listener.stands = text(message, "to");
      return;
    }
    const Position at = position(message, "position");
    const std::string data = std::to_string(message.at("data").as_int64());
    if (at.offset != stands.offset + 1)
      wrong_ = "behind " + listener.stands + " comes " + at.print() + " without a gap";
    const auto known = published_.find(std::pair(at.epoch, at.offset));
    if (known != published_.end() && known->second != data) wrong_ = "another message at " + at.print();
    published_.emplace(std::pair(at.epoch, at.offset), data);
    listener.stands = at.print();
    listener.told.push_back(data);
  }
  // Everybody stands where the last message is.
  bool all_there() {
    for (Listener& each : listeners_) look(each);
    return std::all_of(listeners_.begin(), listeners_.end(), [this](const Listener& each) {
      return each.here && each.joined && each.stands == listeners_.front().stands;
    });
  }

  net::SimWorld world_;
  net::Random random_;
  Site redis_site_{world_.host("redis")};
  SimRedis redis_{redis_site_.network, net::Endpoint{{}, "redis", 6379}};
  std::uint64_t kept_ = 1000;
  std::vector<std::unique_ptr<MessageInstance>> here_;
  std::vector<Listener> listeners_ = std::vector<Listener>(1);
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> published_;  // by epoch and offset
  std::map<std::string, int> recovered_;
  std::vector<base::Fault> refusals_;
  std::uint64_t said_ = 0, answered_ = 0;
  std::string wrong_;
  std::string last_;  // that was answered
  net::Jobs publishing_;
};

TEST_F(Messages, WhatIsPublishedOnOneInstanceIsHeardOnAllInOrder) {
  listeners_.resize(count);
  for (std::size_t i = 0; i < count; ++i) join(listeners_[i], i);
  world_.run_for(1s);
  for (int i = 0; i < 100; ++i) publish(static_cast<std::size_t>(i) % count);
  EXPECT_TRUE(world_.run_until([this] { return all_answered() && all_there(); }, 10s));
  for (const Listener& each : listeners_) EXPECT_EQ(each.told.size(), 100u);
  EXPECT_EQ(wrong_, "");
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
  EXPECT_TRUE(world_.run_until([this] { return all_there() && listeners_[0].told.size() == 301; }, 10s));
  EXPECT_EQ(recovered_["full"], 1);
  EXPECT_THAT(listeners_[0].reasons, IsEmpty());
  EXPECT_EQ(wrong_, "");
}

TEST_F(Messages, WhoWasAwayForTooLongIsToldExactlyWhatIsGone) {
  kept_ = 50;
  for (std::size_t i = 0; i < count; ++i) here_[i].reset(), start(i);
  world_.run_for(2s);
  join(listeners_[0], 0);
  world_.run_for(1s);
  leave(listeners_[0]);
  for (int i = 0; i < 300; ++i) publish(1);
  ASSERT_TRUE(world_.run_until([this] { return all_answered(); }, 10s));
  join(listeners_[0], 2);
  EXPECT_TRUE(world_.run_until([this] { return all_there() && listeners_[0].told.size() == 50; }, 10s));
  EXPECT_EQ(recovered_["partial"], 1);
  EXPECT_THAT(listeners_[0].reasons, ElementsAre("trimmed"));
  EXPECT_EQ(wrong_, "");
}

TEST_F(Messages, BehindAFlushNothingCanBeResumed) {
  join(listeners_[0], 0);
  world_.run_for(1s);
  publish(1);
  ASSERT_TRUE(world_.run_until([this] { return all_answered() && all_there(); }, 10s));
  leave(listeners_[0]);
  redis_.flush();
  join(listeners_[0], 1);
  ASSERT_TRUE(world_.run_until([this] { return all_there(); }, 10s));
  EXPECT_EQ(recovered_["none"], 1);
}

TEST_F(Messages, AFailoverThatLostMessagesIsToldAndNoPositionIsGivenTwice) {
  listeners_.resize(2);
  join(listeners_[0], 0);
  world_.run_for(1s);
  publish(1);
  world_.run_for(1s);
  redis_.fork();
  for (int i = 0; i < 5; ++i) publish(1);
  const auto all_heard = [this] {
    look(listeners_[0]);
    return all_answered() && listeners_[0].told.size() == 6;
  };
  ASSERT_TRUE(world_.run_until(all_heard, 10s));
  leave(listeners_[0]);
  redis_.fail_over();
  world_.run_for(5s);
  join(listeners_[0], 1);
  join(listeners_[1], 2);
  ASSERT_TRUE(world_.run_until([this] { return all_there(); }, 10s));
  EXPECT_EQ(recovered_["partial"], 1);
  EXPECT_THAT(listeners_[0].reasons, ElementsAre("failover"));
  for (int i = 0; i < 5; ++i) publish(0);
  ASSERT_TRUE(world_.run_until([this] { return all_answered() && all_there(); }, 10s));
  EXPECT_TRUE(world_.run_until([this] { return all_there() && listeners_[1].told.size() == 5; }, 10s));
  EXPECT_EQ(wrong_, "");
}

TEST_F(Messages, ALostLastMessageIsMadeGoodByTheTip) {
  join(listeners_[0], 0);
  world_.run_for(1s);
  redis_.lose([](std::string_view channel, std::string_view payload) {
    return channel.find("bus:{app:") != channel.npos && payload.starts_with("m1");
  });
  publish(1);
  EXPECT_TRUE(world_.run_until([this] { return all_there() && listeners_[0].told.size() == 1; }, 5s));
}

TEST_F(Messages, WithoutRedisPublishingIsRefusedAtOnceAndSubscriptionsStay) {
  join(listeners_[0], 0);
  world_.run_for(1s);
  redis_.kill();
  world_.run_for(1s);
  const net::Instant asked = here_[1]->loop().now();
  publish(1);
  ASSERT_TRUE(world_.run_until([this] { return all_answered(); }, 10s));
  EXPECT_LT(here_[1]->loop().now() - asked, 100ms);
  EXPECT_THAT(refusals_, ElementsAre(base::Fault::unavailable));
  redis_.start();
  ASSERT_TRUE(world_.run_until([this] { return connected(); }, 20s));
  publish(1);
  EXPECT_TRUE(world_.run_until([this] { return all_there() && listeners_[0].told.size() == 1; }, 10s));
  EXPECT_THAT(listeners_[0].reasons, AnyOf(IsEmpty(), ElementsAre("recreated")));
}

TEST_F(Messages, WhoIsSlowIsGivenEverythingFromTheStore) {
  join(listeners_[0], 0);
  world_.run_for(1s);
  here_[0]->stall(listeners_[0].slot);
  for (int i = 0; i < 500; ++i) publish(1);
  ASSERT_TRUE(world_.run_until([this] { return all_answered(); }, 20s));
  world_.run_for(1s);
  here_[0]->resume(listeners_[0].slot);
  EXPECT_TRUE(world_.run_until([this] { return all_there() && listeners_[0].told.size() == 500; }, 20s));
  EXPECT_THAT(listeners_[0].reasons, IsEmpty());
  EXPECT_EQ(wrong_, "");
}

TEST_F(Messages, WhoComesAndGoesIsToldAlsoWhereAnInstanceDies) {
  const std::uint32_t watcher = here_[0]->follow("chat", {}, true);
  world_.run_for(5s);
  const auto changes = [&] {
    std::vector<std::string> said;
    for (const json::object& each : here_[0]->heard(watcher))
      if (each.at("type") != "message") said.push_back(text(each, "type") + " " + text(each, "session"));
    return said;
  };
  const std::uint32_t one = here_[1]->follow("chat");
  here_[2]->follow("chat");
  world_.run_for(5s);
  EXPECT_THAT(changes(), ElementsAre("join i1-0", "join i2-0"));
  here_[1]->leave(one);
  world_.run_for(5s);
  EXPECT_THAT(changes(), ElementsAre("leave i1-0"));
  world_.host("i2").kill();
  here_[2].reset();
  world_.run_for(20s);
  EXPECT_THAT(changes(), ElementsAre("leave i2-0"));
}

// As many as are asked for: DOCKCAST_TEST_SEEDS=3000 sim_tests --gtest_filter='*RandomMessages*'
unsigned long seeds() {
  const char* asked = std::getenv("DOCKCAST_TEST_SEEDS");
  return asked != nullptr ? std::strtoul(asked, nullptr, 10) : 30;
}

class RandomMessages : public Messages, public testing::WithParamInterface<int> {
 protected:
  RandomMessages() : Messages(static_cast<std::uint64_t>(GetParam())) {}

  std::size_t any() { return random_.below(count); }
  void step() {
    Listener& somebody = listeners_[random_.below(listeners_.size())];
    switch (random_.below(40)) {
      case 0:
        return redis_.kill_subscribers();
      case 1:
        return redis_.lose([this](std::string_view channel, std::string_view) {
          return channel.find("app:") != channel.npos && random_.chance(0.3);
        });
      case 2:
        return redis_.lose({});
      case 3:
        if (!forked_) redis_.fork();
        forked_ = true;
        return;
      case 4:
        if (!std::exchange(forked_, false)) return;
        ++failovers_;
        return redis_.fail_over();
      case 5:
        if (random_.chance(0.2)) redis_.flush(), ++flushes_;
        return;
      case 6:
        redis_.stall();
        world_.run_for(std::chrono::milliseconds(random_.below(3'000)));
        return redis_.resume();
      case 7:
        if (!random_.chance(0.3)) return;
        redis_.kill();
        forked_ = false;
        ++flushes_;
        world_.run_for(std::chrono::milliseconds(random_.below(5'000)));
        return redis_.start();
      case 8:
      case 9:
      case 10:
        return leave(somebody);
      case 11:
        if (somebody.here) here_[somebody.at]->stall(somebody.slot), stalled_.push_back(&somebody);
        return;
      case 12:
        return unstall();
      default:
        for (std::uint64_t i = 1 + random_.below(10); i > 0; --i) publish(any());
    }
  }
  void unstall() {
    for (Listener* each : stalled_)
      if (each->here) here_[each->at]->resume(each->slot);
    stalled_.clear();
  }
  void come_back() {
    for (Listener& each : listeners_) {
      const bool stalled = std::find(stalled_.begin(), stalled_.end(), &each) != stalled_.end();
      if (!stalled) look(each);
      if (!each.here && random_.chance(0.2)) join(each, any());
    }
  }

  bool forked_ = false;
  int failovers_ = 0, flushes_ = 0;
  std::vector<Listener*> stalled_;
};

TEST_P(RandomMessages, NobodyMissesOrRepeatsAMessageUnseen) {
  listeners_.resize(8);
  for (Listener& each : listeners_) join(each, any());
  for (int i = 0; i < 400 && wrong_.empty(); ++i) {
    step();
    world_.run_for(std::chrono::milliseconds(random_.below(200)));
    come_back();
  }
  unstall();
  redis_.lose({});
  for (int i = 0; i < 100; ++i) {
    come_back();
    world_.run_for(100ms);
  }
  ASSERT_TRUE(world_.run_until([this] { return connected() && all_answered(); }, 30s));
  bool refused = true;
  while (refused) {
    const std::size_t before = refusals_.size();
    publish(any());
    ASSERT_TRUE(world_.run_until([this] { return all_answered(); }, 30s));
    refused = refusals_.size() > before;
  }
  const auto done = [this] {
    come_back();
    return all_there() && listeners_.front().stands == last_;
  };
  EXPECT_TRUE(world_.run_until(done, 30s));
  EXPECT_EQ(wrong_, "");
  for (const Listener& each : listeners_) {
    EXPECT_EQ(each.told.empty() ? "" : each.told.back(), std::to_string(said_));
    for (const std::string& reason : each.reasons) {
      const bool explained = reason == "failover"    ? failovers_ + flushes_ > 0
                             : reason == "recreated" ? failovers_ + flushes_ > 0
                                                     : false;
      EXPECT_TRUE(explained) << reason;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomMessages, testing::Range(1, 1 + static_cast<int>(seeds())));

}  // namespace
}  // namespace sim
