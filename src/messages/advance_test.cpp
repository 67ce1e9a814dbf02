#include "messages/advance.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace messages {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint64_t old_epoch = 1, epoch = 2, other = 9;

class AdvanceTest : public testing::Test {
 protected:
  // A data set with messages up to `top`; of the old epoch are those up to `until`.
  Page page(std::uint64_t top, std::uint64_t until = 0, std::uint64_t oldest = 1) {
    Page made;
    made.state.top = {epoch, top};
    made.state.oldest = oldest;
    if (until > 0) made.state.past = {{old_epoch, until}};
    return made;
  }
  static void add(Page& page, std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t offset = from; offset <= to; ++offset) {
      const bool old = !page.state.past.empty() && offset <= page.state.past.front().until;
      page.items.push_back({{old ? old_epoch : epoch, offset}, {}, {}, {}, "0"});
    }
  }
  std::vector<std::uint64_t> go_on(const Page& page) {
    next = advance(at, page);
    std::vector<std::uint64_t> offsets;
    for (const Message* each : next.messages) offsets.push_back(each->position.offset);
    return offsets;
  }

  Position at{epoch, 3};
  Advance next;
};

TEST_F(AdvanceTest, TheNextOnesComeInOrder) {
  Page read = page(5);
  add(read, 4, 5);
  EXPECT_THAT(go_on(read), ElementsAre(4, 5));
  EXPECT_FALSE(next.lost);
  EXPECT_TRUE(next.at_end);
  EXPECT_EQ(at, (Position{epoch, 5}));
}

TEST_F(AdvanceTest, APageThatIsCutIsNotTheEnd) {
  Page read = page(9);
  add(read, 4, 5);
  EXPECT_THAT(go_on(read), ElementsAre(4, 5));
  EXPECT_FALSE(next.at_end);
}

TEST_F(AdvanceTest, WhatIsKnownAlreadyIsLeftOut) {
  Page read = page(5);
  add(read, 2, 5);
  EXPECT_THAT(go_on(read), ElementsAre(4, 5));
}

TEST_F(AdvanceTest, WhatWasTrimmedIsLost) {
  Page read = page(9, 0, 7);
  add(read, 7, 9);
  EXPECT_THAT(go_on(read), ElementsAre(7, 8, 9));
  ASSERT_TRUE(next.lost);
  EXPECT_EQ(next.lost->reason, "trimmed");
  EXPECT_EQ(next.lost->from, (Position{epoch, 3}));
  EXPECT_EQ(next.lost->to, (Position{epoch, 6}));
}

TEST_F(AdvanceTest, AnEpochThatEndedWhereItStoodCostsNothing) {
  at = {old_epoch, 3};
  Page read = page(5, 3);
  add(read, 4, 5);
  EXPECT_THAT(go_on(read), ElementsAre(4, 5));
  EXPECT_FALSE(next.lost);
}

TEST_F(AdvanceTest, AtTheEndItStandsInTheEpochThatIs) {
  at = {old_epoch, 3};
  EXPECT_THAT(go_on(page(3, 3)), IsEmpty());
  EXPECT_EQ(at, (Position{epoch, 3}));
  EXPECT_TRUE(next.at_end);
}

TEST_F(AdvanceTest, WhatAFailoverLostIsAGap) {
  at = {old_epoch, 5};
  Page read = page(7, 3);
  add(read, 6, 7);  // what lies behind the offset that was asked for
  EXPECT_THAT(go_on(read), IsEmpty());
  ASSERT_TRUE(next.lost);
  EXPECT_EQ(next.lost->reason, "failover");
  EXPECT_EQ(at, (Position{epoch, 3}));
  EXPECT_FALSE(next.at_end);
}

TEST_F(AdvanceTest, OfAnotherDataSetEverythingIsNew) {
  at = {other, 40};
  EXPECT_THAT(go_on(page(7, 0, 2)), IsEmpty());
  ASSERT_TRUE(next.lost);
  EXPECT_EQ(next.lost->reason, "recreated");
  EXPECT_EQ(at, (Position{epoch, 1}));
  Page read = page(7, 0, 2);
  add(read, 2, 7);
  EXPECT_THAT(go_on(read), ElementsAre(2, 3, 4, 5, 6, 7));
  EXPECT_FALSE(next.lost);
  EXPECT_TRUE(next.at_end);
}

}  // namespace
}  // namespace messages
