#include "messages/publisher.hpp"

#include <deque>
#include <memory>

#include "bus/memory_bus.hpp"
#include "net/both_nets.hpp"

namespace messages {
namespace {

using namespace std::chrono_literals;
using base::Error;
using base::Fault;
using base::Result;

// Answers what it was told to, one after the other, then the last for ever.
struct FakeStore final : Store {
  explicit FakeStore(net::Loop& loop_in) : loop(loop_in) {}
  net::Task<Result<Published>> publish(Publication publication) override {
    asked.push_back(publication);
    const Result<Published> answer = answers.front();
    if (answers.size() > 1) answers.pop_front();
    co_await loop.sleep(takes);
    co_return answer;
  }
  net::Task<Result<Page>> read(std::string, Range, Limits) override { co_return Page{}; }

  net::Loop& loop;
  net::Duration takes = 1ms;
  std::deque<Result<Published>> answers = {Published{{1, 7}, false}};
  std::vector<Publication> asked;
};

struct Ear final : bus::Listener {
  void on_following() override { standing = true; }
  void on_lost() override {}
  void on_frame(std::string_view frame) override {
    Undecodable why{};
    const auto decoded = decode(frame, why);
    ASSERT_TRUE(decoded && decoded->tip);
    tips.push_back(decoded->message.position);
  }
  bool standing = false;
  std::vector<Position> tips;
};

// Loses so many frames that are published.
struct LossyBus final : bus::Bus {
  explicit LossyBus(net::Loop& loop_in) : loop(loop_in), bus(loop_in) {}
  void publish(std::string_view channel, std::string frame, OnPublished on_published) override {
    if (loses == 0) return bus.publish(channel, std::move(frame), std::move(on_published));
    --loses;
    ++lost;
    loop.post([told = std::make_shared<OnPublished>(std::move(on_published))] {
      (*told)(Error{Fault::timed_out, "lost"});
    });
  }
  std::unique_ptr<bus::Following> follow(std::string_view channel, bus::Listener& listener) override {
    return bus.follow(channel, listener);
  }
  bus::State state() const override { return bus.state(); }
  bus::Observing on_state(std::function<void(bus::State)>) override { return {}; }

  net::Loop& loop;
  bus::MemoryBus bus;
  int loses = 0, lost = 0;
};

class PublisherTest : public ::testing::Test {
 protected:
  using Outcome = std::optional<Result<Published>>;

  void start(Outcome& outcome, std::string id = {}, std::string channel = "app:a") {
    jobs_.start(
        keep(publisher_.publish({.channel = channel, .from = "alice", .message_id = id, .data = "1"}), outcome));
  }
  Result<Published> publish(std::string id = {}, std::string channel = "app:a") {
    Outcome outcome;
    start(outcome, std::move(id), std::move(channel));
    EXPECT_TRUE(net_.run_until([&] { return outcome.has_value(); }));
    return std::move(*outcome);
  }
  static net::Task<void> keep(net::Task<Result<Published>> task, Outcome& outcome) {
    auto got = co_await std::move(task);
    outcome.emplace(std::move(got));
  }
  void pass(net::Duration duration) {
    bool over = false;
    const net::Timer timer = net_.loop().after(duration, [&over] { over = true; });
    EXPECT_TRUE(net_.run_until([&over] { return over; }));
  }
  std::unique_ptr<bus::Following> listen(Ear& ear, const char* channel = "app:a") {
    auto following = bus_.follow(channel, ear);
    EXPECT_TRUE(net_.run_until([&ear] { return ear.standing; }));
    return following;
  }

  net::SimulatedNet net_;
  LossyBus bus_{net_.loop()};
  FakeStore store_{net_.loop()};
  Publisher publisher_{net_.loop(), store_, bus_, {.under_way_max = 3, .tips_max = 2, .answer_max = 5s}};
  net::Jobs jobs_;
};

TEST_F(PublisherTest, AnAnswerIsPassedOn) {
  EXPECT_EQ(publish().value().position, (Position{1, 7}));
  EXPECT_EQ(store_.asked.size(), 1u);
  EXPECT_EQ(publisher_.under_way(), 0u);
}

TEST_F(PublisherTest, WhatAPublisherNamedIsKnownByThatNameAndTheRestByOneOfItsOwn) {
  publish("id"), publish("id"), publish(), publish();
  const auto& asked = store_.asked;
  EXPECT_EQ(asked[0].once, asked[1].once);
  EXPECT_NE(asked[0].call, asked[1].call);
  EXPECT_EQ(asked[0].once_for, net::Duration(5min));
  EXPECT_NE(asked[2].once, asked[3].once);
  EXPECT_EQ(asked[2].once_for, net::Duration(1min));
  publish(asked[2].once), publish(asked[2].once.substr(1));
  EXPECT_NE(asked[4].once, asked[2].once);
  EXPECT_NE(asked[5].once, asked[2].once);
}

TEST_F(PublisherTest, WhatWasNotSentIsRefusedAtOnce) {
  for (const Fault fault : {Fault::unavailable, Fault::forbidden, Fault::internal, Fault::too_large}) {
    store_.asked.clear();
    store_.answers = {Error{fault, "no"}};
    EXPECT_EQ(publish().error().fault, fault);
    EXPECT_EQ(store_.asked.size(), 1u);
  }
}

TEST_F(PublisherTest, WhatIsUnansweredIsAskedAgainAsTheSameCallThoughTheStoreIsAwayInBetween) {
  const Error away{Fault::unavailable, "down"};
  store_.answers = {Error{Fault::timed_out, ""}, Error{Fault::closed, ""}, away, away, Published{{1, 9}, false}};
  EXPECT_EQ(publish().value().position, (Position{1, 9}));
  ASSERT_EQ(store_.asked.size(), 5u);
  for (const Publication& each : store_.asked) {
    EXPECT_EQ(each.once, store_.asked[0].once);
    EXPECT_EQ(each.call, store_.asked[0].call);
    EXPECT_FALSE(each.call.empty());
  }
}

TEST_F(PublisherTest, AnOutcomeThatStaysUnknownIsSaidAfterFiveSeconds) {
  store_.answers = {Error{Fault::closed, ""}, Error{Fault::unavailable, "down"}};
  const net::Instant began = net_.loop().now();
  EXPECT_EQ(publish().error().fault, Fault::unknown_outcome);
  EXPECT_LT(net_.loop().now() - began, 5s + 10ms);
  EXPECT_GE(net_.loop().now() - began, 4s + 500ms);
  EXPECT_GT(store_.asked.size(), 20u);
  EXPECT_LT(store_.asked.size(), 110u);
}

TEST_F(PublisherTest, AStoreThatNeverAnswersIsNotWaitedForLonger) {
  store_.takes = 1h;
  const net::Instant began = net_.loop().now();
  EXPECT_EQ(publish().error().fault, Fault::unknown_outcome);
  EXPECT_LT(net_.loop().now() - began, 5s + 10ms);
  EXPECT_EQ(publisher_.under_way(), 0u);
}

TEST_F(PublisherTest, MoreThanMayBeOnTheirWayAreRefused) {
  store_.takes = 1s;
  Outcome outcomes[3];
  for (Outcome& outcome : outcomes) start(outcome);
  EXPECT_EQ(publish().error().fault, Fault::unavailable);
  EXPECT_EQ(store_.asked.size(), 3u);
  EXPECT_TRUE(net_.run_until([&] { return outcomes[2].has_value(); }));
  EXPECT_TRUE(publish());
}

TEST_F(PublisherTest, AChannelThatWentQuietIsToldWhereItsEndIsOnce) {
  Ear ear;
  const auto following = listen(ear);
  for (std::uint64_t offset = 1; offset <= 5; ++offset) {
    store_.answers = {Published{{1, offset}, false}};
    publish();
    pass(600ms);
  }
  EXPECT_TRUE(ear.tips.empty());
  pass(1s);
  EXPECT_EQ(ear.tips, std::vector<Position>({{1, 5}}));
  pass(1min);
  EXPECT_EQ(ear.tips.size(), 1u);
}

TEST_F(PublisherTest, ATipThatNobodyConfirmedIsToldAgainForAWhileAndALaterOneStandsForIt) {
  Ear ear;
  const auto following = listen(ear);
  bus_.loses = 2;
  publish();
  pass(10s);
  EXPECT_EQ(bus_.lost, 2);
  EXPECT_EQ(ear.tips, std::vector<Position>({{1, 7}}));

  bus_.loses = 1000;
  publish();
  pass(1min);
  EXPECT_EQ(bus_.lost, 2 + 5);

  publish();
  pass(1500ms);
  store_.answers = {Published{{1, 8}, false}};
  publish();
  bus_.loses = 0;
  pass(1min);
  EXPECT_EQ(ear.tips, std::vector<Position>({{1, 7}, {1, 8}}));
}

TEST_F(PublisherTest, AnEarlierAnswerThatComesLateTakesNoTipBack) {
  Ear ear;
  const auto following = listen(ear);
  for (const Position position : {Position{1, 5}, Position{1, 4}, Position{2, 3}}) {
    store_.answers = {Published{position, false}};
    publish();
    if (position == Position{1, 4}) pass(2s);
  }
  pass(2s);
  EXPECT_EQ(ear.tips, std::vector<Position>({{1, 5}, {2, 3}}));
}

TEST_F(PublisherTest, OfTooManyChannelsThatWaitForTheirTipTheFirstIsToldEarly) {
  Ear ear;
  const auto following = listen(ear);
  for (const char* channel : {"app:a", "app:b", "app:c"}) publish({}, channel);
  pass(10ms);
  EXPECT_EQ(ear.tips.size(), 1u);
  pass(2s);
  EXPECT_EQ(ear.tips.size(), 1u);
}

}  // namespace
}  // namespace messages
