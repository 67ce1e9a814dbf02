// What every messages::Store promises (messages/store.hpp), asked of each implementation.
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

TEST_P(MessageStoreContract, OffsetsRiseByOneInOneEpoch) {
  const Position first = publish("1");
  EXPECT_EQ(first.offset, 1u);
  EXPECT_EQ(publish("2"), (Position{first.epoch, 2}));
  EXPECT_EQ(publish(3, 12), (Position{first.epoch, 12}));
  const Page page = read();
  EXPECT_EQ(page.state.top, (Position{first.epoch, 12}));
  EXPECT_EQ(page.state.oldest, 1u);
  EXPECT_THAT(page.state.past, IsEmpty());
  ASSERT_EQ(page.items.size(), 12u);
  for (std::uint64_t i = 0; i < 12; ++i) {
    EXPECT_EQ(page.items[i].position, (Position{first.epoch, i + 1}));
    EXPECT_EQ(page.items[i].data, std::to_string(i + 1));
  }
}

TEST_P(MessageStoreContract, WhatIsKeptIsWhatWasSaid) {
  Publication said = publication(R"({"text":"ü \u0000 ' \" |"})");
  said.message_id = std::string("an\nid\0 :", 8);
  said.from = "alice@example.org: {x}";
  publish(said);
  const Page page = read();
  ASSERT_EQ(page.items.size(), 1u);
  EXPECT_EQ(page.items[0].message_id, said.message_id);
  EXPECT_EQ(page.items[0].from, said.from);
  EXPECT_EQ(page.items[0].data, said.data);
  EXPECT_LT(std::chrono::abs(page.items[0].time - world_.loop().wall_now()), 10s);
}

TEST_P(MessageStoreContract, AChannelThatNobodyPublishedOnHasAPositionThatLasts) {
  const Page page = read();
  EXPECT_THAT(page.items, IsEmpty());
  EXPECT_EQ(page.state.top.offset, 0u);
  EXPECT_EQ(page.state.oldest, 1u);
  EXPECT_EQ(read().state.top, page.state.top);
  EXPECT_EQ(publish("1"), (Position{page.state.top.epoch, 1}));
  EXPECT_EQ(recover(page.state.top).kind, Recovery::Kind::full);
}

TEST_P(MessageStoreContract, TheSameOnceOfOneSubjectIsOneMessage) {
  const Published first = publish(publication("1", "id"));
  EXPECT_FALSE(first.duplicate);
  publish("2");
  const Published again = publish(publication("other", "id"));
  EXPECT_TRUE(again.duplicate);
  EXPECT_EQ(again.position, first.position);
  EXPECT_THAT(data_of(read()), ElementsAre("1", "2"));
}

TEST_P(MessageStoreContract, TheSameOnceOfAnotherSubjectOrChannelIsAnotherMessage) {
  publish(publication("1", "id"));
  Publication by_another = publication("2", "id");
  by_another.from = "bob";
  EXPECT_FALSE(publish(by_another).duplicate);
  by_another.from = "alice:2";  // however they are written one behind the other
  by_another.once = ":id";
  EXPECT_FALSE(publish(by_another).duplicate);
  by_another.from = "alice";
  by_another.once = ":2:id";
  EXPECT_FALSE(publish(by_another).duplicate);
  Publication elsewhere = publication("3", "id");
  elsewhere.channel = "app:elsewhere";
  EXPECT_FALSE(publish(elsewhere).duplicate);
}

TEST_P(MessageStoreContract, WhatACallItselfHasStoredIsNoDuplicateToIt) {
  Publication asked = publication("1", "id");
  asked.call = "a";
  const Published first = publish(asked);
  const Published retried = publish(asked);
  EXPECT_FALSE(retried.duplicate);
  EXPECT_EQ(retried.position, first.position);
  asked.call = "b";
  EXPECT_TRUE(publish(asked).duplicate);
  EXPECT_EQ(read().items.size(), 1u);
}

TEST_P(MessageStoreContract, ADuplicateIsKnownForItsTime) {
  Publication short_one = publication("1", "id");
  short_one.once_for = 200ms;
  ASSERT_FALSE(publish(short_one).duplicate);
  bool forgotten = false;
  EXPECT_TRUE(world_.run_until([&] { return forgotten = forgotten || !publish(short_one).duplicate; }));
  EXPECT_EQ(read().items.size(), 2u);
}

TEST_P(MessageStoreContract, RangesAreConsecutiveAndStrict) {
  publish(1, 40);
  EXPECT_THAT(data_of(read({.after = 37})), ElementsAre("38", "39", "40"));
  EXPECT_THAT(data_of(read({.after = 2, .messages_max = 3})), ElementsAre("3", "4", "5"));
  EXPECT_THAT(data_of(read({.before = 4})), ElementsAre("1", "2", "3"));
  EXPECT_THAT(data_of(read({.before = 30, .messages_max = 3})), ElementsAre("27", "28", "29"));
  EXPECT_THAT(data_of(read({.messages_max = 2})), ElementsAre("39", "40"));
  EXPECT_EQ(read({.after = 0, .messages_max = 33}).items.size(), 33u);
  EXPECT_EQ(read({.messages_max = 33}).items.front().data, "8");
  for (const Range& empty : {Range{.after = 40}, Range{.after = 41}, Range{.after = ~0ull}, Range{.before = 0},
                             Range{.before = 1}, Range{.messages_max = 0}}) {
    EXPECT_THAT(read(empty).items, IsEmpty());
    EXPECT_EQ(read(empty).state.top.offset, 40u);
  }
  EXPECT_EQ(read({.before = ~0ull, .messages_max = 1}).items.back().data, "40");
}

TEST_P(MessageStoreContract, APageHasNoMoreOnceItHasItsBytes) {
  for (int i = 0; i < 40; ++i) publish(std::string(1000, '1'));
  for (const Range& range : {Range{.after = 0}, Range{.before = 41}, Range{}}) {
    Range bounded = range;
    bounded.bytes_max = 2500;
    EXPECT_EQ(read(bounded).items.size(), 3u);
    bounded.bytes_max = 1;
    EXPECT_EQ(read(bounded).items.size(), 1u);
    bounded.bytes_max = 0;
    EXPECT_EQ(read(bounded).items.size(), 1u);
  }
}

TEST_P(MessageStoreContract, LargeMessagesAreReadInPagesThatRedisCanAnswer) {
  const std::string large(3 << 20, '1');
  for (int i = 0; i < 12; ++i) publish(large);
  const Page page = read({.after = 0, .messages_max = 1000, .bytes_max = SIZE_MAX});
  EXPECT_EQ(page.items.size(), 6u);  // 16 MiB and one
  EXPECT_EQ(read({.after = 6, .messages_max = 1000, .bytes_max = SIZE_MAX}).items.size(), 6u);
}

TEST_P(MessageStoreContract, WhatNoFrameCanHoldIsRefused) {
  Publication large = publication(std::string(bus::frame_bytes_max, '1'));
  EXPECT_EQ(world_.await(one_->publish(large)).error().fault, base::Fault::too_large);
  Publication braced = publication("1");
  braced.channel = "app:a}";
  EXPECT_EQ(world_.await(one_->publish(braced)).error().fault, base::Fault::bad_request);
  EXPECT_EQ(world_.await(one_->read("app:{a", {}, {})).error().fault, base::Fault::bad_request);
}

TEST_P(MessageStoreContract, OfTooManyMessagesTheNewestAreShown) {
  limits_.messages = 10;
  const Position last = publish(1, 250);
  const Page page = read({.after = 0});
  EXPECT_EQ(page.state.oldest, 241u);
  ASSERT_EQ(page.items.size(), 10u);
  EXPECT_EQ(page.items.front().data, "241");
  EXPECT_EQ(read({.messages_max = 100}).items.size(), 10u);
  EXPECT_THAT(read({.before = 241}).items, IsEmpty());
  EXPECT_EQ(recover({last.epoch, 240}).kind, Recovery::Kind::full);
  const Recovery lost = recover({last.epoch, 5});
  EXPECT_EQ(lost.kind, Recovery::Kind::partial);
  EXPECT_EQ(lost.reason, "trimmed");
  EXPECT_EQ(lost.to, (Position{last.epoch, 240}));
}

TEST_P(MessageStoreContract, WhatIsTooOldIsNotShown) {
  const Position last = publish(1, 37);
  world_.pass(1200ms);
  publish(38, 40);
  limits_.age = 1s;
  const Page page = read({.after = 0});
  EXPECT_EQ(page.state.oldest, 38u);
  EXPECT_THAT(data_of(page), ElementsAre("38", "39", "40"));
  EXPECT_THAT(data_of(read()), ElementsAre("38", "39", "40"));
  EXPECT_EQ(recover({last.epoch, 30}).to, (Position{last.epoch, 37}));
  world_.pass(1200ms);
  EXPECT_EQ(read().state.oldest, 41u);
  EXPECT_THAT(read({.after = 0}).items, IsEmpty());
}

TEST_P(MessageStoreContract, AChannelWhoseMessagesAreAllTooOldGoesOnWithTheNextOffset) {
  limits_.age = 100ms;
  const Position last = publish(1, 3);
  ASSERT_TRUE(world_.run_until([&] { return read().state.oldest == 4; }));
  EXPECT_EQ(read().state.top, last);
  EXPECT_EQ(recover(last).kind, Recovery::Kind::full);
  EXPECT_EQ(publish("4"), (Position{last.epoch, 4}));
}

TEST_P(MessageStoreContract, TheBusHearsWhatIsKept) {
  Heard heard;
  const auto following = bus_->follow(channel, heard);
  ASSERT_TRUE(world_.run_until([&heard] { return heard.stands(); }));
  publish(1, 20);
  publish(publication("21", "id"));
  publish(publication("21", "id"));
  const Page page = read();
  ASSERT_TRUE(world_.run_until([&heard] { return heard.frames.size() >= 21; }));
  ASSERT_EQ(page.items.size(), 21u);
  for (std::size_t i = 0; i < 21; ++i) EXPECT_EQ(heard.frames[i], encode(page.items[i]));
  publish("22");
  ASSERT_TRUE(world_.run_until([&heard] { return heard.frames.size() >= 22; }));
  EXPECT_EQ(heard.frames.size(), 22u);  // nothing for the duplicate
}

INSTANTIATE_TEST_SUITE_P(, MessageStoreContract, ::testing::Values(Kind::memory, Kind::simulated, Kind::real), name_of);

}  // namespace
}  // namespace contract
