#include "docker/event_memory.hpp"

#include <gtest/gtest.h>

namespace docker {
namespace {

class EventMemoryTest : public testing::Test {
 protected:
  EventPosition add(std::int64_t time_ns, std::size_t bytes = 10) {
    Event event;
    event.time_ns = time_ns;
    event.json = std::string(bytes, 'x');
    return memory.add(event).position;
  }
  EventMemory memory{7};
};

TEST_F(EventMemoryTest, APositionIsReadAsItWasPrinted) {
  const EventPosition position{0xfedcba9876543210U, 1'700'000'000'123'456'789, 3};
  EXPECT_EQ(EventPosition::parse(position.print()), position);
}

TEST_F(EventMemoryTest, WhatIsNoPositionIsNotRead) {
  for (const char* text : {"", "e1.", "p1.AAAA", "e1.7.1", "e1.7.1.", "e1.7.1.1x", "e1.-7.1.1", "e1.7.-1.1", "e1..1.1",
                           "e1.7.1.1.1", "e1.7.99999999999999999999.1", "e1.7.1.4294967296"})
    EXPECT_FALSE(EventPosition::parse(text)) << text;
}

TEST_F(EventMemoryTest, EventsOfOneTimeAreCounted) {
  EXPECT_EQ(add(5), (EventPosition{7, 5, 1}));
  EXPECT_EQ(add(5), (EventPosition{7, 5, 2}));
  EXPECT_EQ(add(6), (EventPosition{7, 6, 1}));
}

TEST_F(EventMemoryTest, WhatComesBehindAPositionIsFound) {
  add(5);
  const EventPosition second = add(5);
  add(6);
  const auto since = memory.after(second);
  EXPECT_EQ(since.first, 2U);
  EXPECT_TRUE(since.complete);
  EXPECT_EQ(memory.after(memory.present()).first, 3U);
}

TEST_F(EventMemoryTest, APositionWhoseEventIsForgottenIsNotComplete) {
  const EventPosition first = add(1);
  for (int i = 2; i < 1100; ++i) add(i);
  EXPECT_EQ(memory.entries().size(), 1024U);
  EXPECT_FALSE(memory.after(first).complete);
  EXPECT_EQ(memory.after(first).first, 0U);
}

TEST_F(EventMemoryTest, ABreakBehindThePositionIsNotComplete) {
  const EventPosition before = add(1);
  memory.broke();
  const EventPosition behind = add(2);
  add(3);
  EXPECT_FALSE(memory.after(before).complete);
  EXPECT_EQ(memory.after(before).first, 1U);
  EXPECT_TRUE(memory.after(behind).complete);
}

TEST_F(EventMemoryTest, APositionBeforeAllEventsIsCompleteUntilSomethingIsDropped) {
  const EventPosition beginning = memory.present();
  EXPECT_TRUE(memory.after(beginning).complete);
  add(1);
  EXPECT_TRUE(memory.after(beginning).complete);
  EXPECT_EQ(memory.after(beginning).first, 0U);
  for (int i = 2; i < 1100; ++i) add(i);
  EXPECT_FALSE(memory.after(beginning).complete);
}

TEST_F(EventMemoryTest, APositionOfAnotherInstanceMayBeAhead) {
  add(1);
  EXPECT_TRUE(memory.after({7, 2, 1}).ahead);
  EXPECT_FALSE(memory.after({7, 1, 1}).ahead);
}

TEST_F(EventMemoryTest, LongEventsAreForgottenByTheirBytes) {
  for (int i = 1; i < 20; ++i) add(i, 200 * 1024);
  EXPECT_EQ(memory.entries().size(), 5U);
}

TEST_F(EventMemoryTest, ATimeIsInclusive) {
  add(1), add(2), add(2), add(3);
  EXPECT_EQ(memory.from(2).first, 1U);
  EXPECT_EQ(memory.from(4).first, 4U);
}

TEST_F(EventMemoryTest, AnEventIsKnownHoweverItWasPrinted) {
  Event event;
  event.time_ns = 5;
  event.id = "a";
  event.json = "{}";
  memory.add(event);
  event.json = "{ }";
  EXPECT_TRUE(memory.knows(event));
  event.id = "b";
  EXPECT_FALSE(memory.knows(event)) << "another one of the same time";
  event.id = "a";
  event.time_ns = 4;
  EXPECT_FALSE(memory.knows(event)) << "out of order";
}

TEST_F(EventMemoryTest, TheLastAreThoseOfItsTime) {
  EXPECT_TRUE(memory.last().empty());
  add(5);
  add(6);
  add(6);
  ASSERT_EQ(memory.last().size(), 2U);
  EXPECT_EQ(memory.last()[0].time_ns, 6);
}

TEST(EventMemory, TellsWhereOneStandsWhoIsToldFromAnEntryOn) {
  EventMemory memory(7);
  EXPECT_EQ(memory.before(0), memory.present());
  Event event;
  event.time_ns = 10;
  memory.add(event);
  event.time_ns = 20;
  memory.add(event);
  EXPECT_EQ(memory.before(0), (EventPosition{7, 9, 0}));
  EXPECT_EQ(memory.before(1), memory.entries()[0].position);
  EXPECT_EQ(memory.before(2), memory.present());
}

}  // namespace
}  // namespace docker
