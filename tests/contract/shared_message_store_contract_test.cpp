// What messages::Store promises to instances that share a Redis, and where that loses what it had.
#include "contract/message_store_fixture.hpp"

namespace contract {
namespace {

using namespace std::chrono_literals;
using messages::Limits;
using messages::Message;
using messages::Page;
using messages::Position;
using messages::Publication;
using messages::Published;
using messages::Range;
using messages::Recovery;
using testing::ElementsAre;
using testing::IsEmpty;

// What takes a Redis that two instances share.
class SharedMessageStoreContract : public MessageStoreContract {
 protected:
  std::string key(const char* kind) const { return world_.prefix() + kind + ":{" + channel + "}"; }
  void forget(std::initializer_list<const char*> kinds) {
    for (const char* kind : kinds) EXPECT_EQ(world_.await(client_->command("DEL", key(kind))).value().integer, 1);
  }
  // As if another Redis had written what is here.
  void change_data_set() { EXPECT_TRUE(world_.await(client_->command("HSET", key("meta"), "r", "another"))); }
};

TEST_P(SharedMessageStoreContract, InstancesCountTogetherAndReadTheSame) {
  const Position first = publish("1");
  const Published second = world_.await(two_->publish(publication("2"))).value();
  EXPECT_EQ(second.position, (Position{first.epoch, 2}));
  EXPECT_THAT(data_of(world_.await(two_->read(channel, {}, limits_)).value()), ElementsAre("1", "2"));
}

TEST_P(SharedMessageStoreContract, ADuplicateIsKnownToTheOtherInstance) {
  const Published first = publish(publication("1", "id"));
  const Published again = world_.await(two_->publish(publication("1", "id"))).value();
  EXPECT_TRUE(again.duplicate);
  EXPECT_EQ(again.position, first.position);
}

TEST_P(SharedMessageStoreContract, WhereAllDataIsLostAnotherEpochBegins) {
  const Position last = publish(1, 5);
  forget({"stream", "meta"});
  const Page page = read();  // before anybody publishes
  EXPECT_NE(page.state.top.epoch, last.epoch);
  EXPECT_EQ(page.state.top.offset, 0u);
  EXPECT_THAT(page.state.past, IsEmpty());
  EXPECT_EQ(messages::recover(page.state, last).kind, Recovery::Kind::none);
  EXPECT_EQ(publish("6"), (Position{page.state.top.epoch, 1}));
}

TEST_P(SharedMessageStoreContract, MessagesOfWhichNothingElseIsKnownAreDropped) {
  const Position last = publish(1, 5);
  forget({"meta"});
  const Position next = publish("6");
  EXPECT_NE(next.epoch, last.epoch);
  EXPECT_EQ(next.offset, 1u);
  EXPECT_THAT(data_of(read()), ElementsAre("6"));
}

TEST_P(SharedMessageStoreContract, MessagesThatAreLostWhileTheRestIsKnownAreTrimmed) {
  const Position last = publish(1, 5);
  forget({"stream"});
  EXPECT_EQ(read().state.oldest, 6u);
  EXPECT_EQ(recover({last.epoch, 2}).reason, "trimmed");
  EXPECT_EQ(publish("6"), (Position{last.epoch, 6}));
}

TEST_P(SharedMessageStoreContract, AnotherDataSetIsAnotherEpochAndOffsetsGoOn) {
  const Position before = publish(1, 5);
  change_data_set();
  const Page page = read();  // before anybody publishes
  EXPECT_NE(page.state.top.epoch, before.epoch);
  EXPECT_EQ(page.state.top.offset, 5u);
  EXPECT_THAT(page.state.past, ElementsAre(messages::State::Past{before.epoch, 5}));
  const Position after = publish("6");
  EXPECT_EQ(after, (Position{page.state.top.epoch, 6}));
  EXPECT_THAT(data_of(read({.after = 4})), ElementsAre("5", "6"));
  EXPECT_EQ(read({.after = 4}).items[0].position, before);

  EXPECT_EQ(recover(before).kind, Recovery::Kind::full);
  const Recovery lost = recover({before.epoch, 7});  // of whoever heard what this data set lacks
  EXPECT_EQ(lost.reason, "failover");
  EXPECT_EQ(lost.to, (Position{after.epoch, 5}));
  EXPECT_EQ(recover({after.epoch, 7}).kind, Recovery::Kind::none);
}

TEST_P(SharedMessageStoreContract, WhoeverNoticesItFirstOpensTheEpochForAll) {
  publish("1");
  change_data_set();
  const Published published = world_.await(two_->publish(publication("2"))).value();
  EXPECT_EQ(read().state.top, published.position);
  EXPECT_EQ(read().state.past.size(), 1u);
}

TEST_P(SharedMessageStoreContract, AsManyEpochsAreRememberedAsIsSaid) {
  std::vector<std::uint64_t> epochs;
  for (int i = 1; i <= 10; ++i) {
    epochs.push_back(publish(std::to_string(i)).epoch);
    change_data_set();
  }
  const Page page = read();
  ASSERT_EQ(page.state.past.size(), messages::past_max);
  for (std::size_t i = 0; i < messages::past_max; ++i)
    EXPECT_EQ(page.state.past[i], (messages::State::Past{epochs[9 - i], 10 - i}));
  EXPECT_EQ(recover({epochs[2], 3}).kind, Recovery::Kind::full);
  EXPECT_EQ(recover({epochs[1], 2}).kind, Recovery::Kind::none);
}

TEST_P(SharedMessageStoreContract, WhatWasPublishedBeforeADataSetChangedIsStillADuplicate) {
  const Published first = publish(publication("1", "id"));
  change_data_set();
  const Published again = publish(publication("1", "id"));
  EXPECT_TRUE(again.duplicate);
  EXPECT_EQ(again.position, first.position);
}

TEST_P(SharedMessageStoreContract, EverythingEndsByItself) {
  limits_.age = 100s;
  Publication once = publication("1", "id");
  once.once_for = 60s;
  publish(once);
  const auto lives = [&](const std::string& name) {
    return std::chrono::milliseconds(world_.await(client_->command("PTTL", name)).value().integer);
  };
  const std::string known = key("once") + ":5:alice:id";
  EXPECT_THAT(lives(known), testing::AllOf(testing::Gt(50s), testing::Le(60s)));
  EXPECT_THAT(lives(key("stream")), testing::AllOf(testing::Gt(90s), testing::Le(100s)));
  EXPECT_THAT(lives(key("meta")), testing::AllOf(testing::Gt(24h + 90s), testing::Le(24h + 100s)));
  ASSERT_TRUE(world_.await(client_->command("PEXPIRE", key("meta"), "90000")));
  read();
  EXPECT_GT(lives(key("meta")), 24h);
}

INSTANTIATE_TEST_SUITE_P(, SharedMessageStoreContract, ::testing::Values(Kind::simulated, Kind::real), name_of);

}  // namespace
}  // namespace contract
