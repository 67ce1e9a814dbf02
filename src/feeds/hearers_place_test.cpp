#include "feeds/hearers_place.hpp"

#include <gtest/gtest.h>

namespace feeds {
namespace {

class HearersPlaceTest : public testing::Test {
 protected:
  bool hears(std::uint64_t sequence, SharedFrame::Kind kind = SharedFrame::Kind::message) {
    SharedFrame frame;
    frame.kind = kind;
    frame.fence = {1, fence};
    frame.sender = sender;
    frame.sequence = sequence;
    return place.take(frame);
  }
  void join_at(std::uint64_t sequence) {
    hears(sequence);
    place.catch_up();
    place.join();
  }
  std::uint64_t fence = 1, sender = 7;
  HearersPlace place;
};

TEST_F(HearersPlaceTest, BeginsBehind) {
  EXPECT_TRUE(place.behind());
  EXPECT_TRUE(hears(1));
  EXPECT_TRUE(place.behind()) << "what was before the first is not known";
}

TEST_F(HearersPlaceTest, OneNumberAfterTheOtherIsWhole) {
  join_at(5);
  EXPECT_TRUE(hears(6));
  EXPECT_FALSE(hears(6, SharedFrame::Kind::beat)) << "a beat has nothing to look at";
  EXPECT_TRUE(hears(7));
  EXPECT_TRUE(place.joined());
}

TEST_F(HearersPlaceTest, WhatWasHeardIsNotHeardAgain) {
  join_at(5);
  EXPECT_FALSE(hears(5));
  EXPECT_FALSE(hears(3));
  EXPECT_TRUE(place.joined());
}

TEST_F(HearersPlaceTest, AMissingNumberIsAHole) {
  join_at(5);
  EXPECT_TRUE(hears(7));
  EXPECT_TRUE(place.behind());
}

TEST_F(HearersPlaceTest, ABeatShowsThatTheLastMessageWasLost) {
  join_at(5);
  EXPECT_FALSE(hears(6, SharedFrame::Kind::beat));
  EXPECT_TRUE(place.behind());
}

TEST_F(HearersPlaceTest, AnotherFenceOrPublisherBeginsAnew) {
  join_at(5);
  ++fence;
  EXPECT_TRUE(hears(6));
  EXPECT_TRUE(place.behind());
  join_at(7);
  ++sender;  // both were granted the same fence, by two masters
  EXPECT_TRUE(hears(8));
  EXPECT_TRUE(place.behind());
}

TEST_F(HearersPlaceTest, AHoleWhileCatchingUpBeginsAnew) {
  hears(5);
  place.catch_up();
  EXPECT_TRUE(hears(6));
  EXPECT_TRUE(place.catching_up());
  EXPECT_TRUE(hears(8));
  EXPECT_TRUE(place.behind());
}

}  // namespace
}  // namespace feeds
