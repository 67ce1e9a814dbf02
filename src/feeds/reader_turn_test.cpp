#include "feeds/reader_turn.hpp"

#include <gtest/gtest.h>

namespace feeds {
namespace {

using namespace std::chrono_literals;
using Do = ReaderTurn::Do;
using Role = ReaderTurn::Role;
using lease::Fence;

constexpr net::Duration ttl = 10s;

class ReaderTurnTest : public testing::Test {
 protected:
  ReaderTurnTest() { turn.want(true, at(0s)); }
  static net::Instant at(net::Duration time) { return net::Instant(1h + time); }
  Do does(net::Duration time) { return turn.step(at(time)).what; }
  void own(Fence fence = {1, 1}) {
    ASSERT_EQ(does(0s), Do::acquire);
    turn.granted(fence, at(0s));
  }
  // Asks again and again, and is refused.
  void refuse_until(net::Duration end, const std::string& value = "other|1.1|0") {
    for (net::Duration now = 0s; now < end; now += 100ms)
      if (const Do what = does(now); what == Do::acquire || what == Do::seize) turn.refused(value, at(now));
  }

  ReaderTurn turn{ttl, 0.5, true, at(0s)};
};

TEST_F(ReaderTurnTest, WhoIsGrantedTheLeaseReadsAndRenewsIt) {
  own();
  EXPECT_EQ(turn.role(), Role::owning);
  EXPECT_TRUE(turn.may_publish(at(1s)));
  EXPECT_EQ(does(1s), Do::wait);
  EXPECT_EQ(does(2s), Do::renew);
  turn.renewed(true, at(2s), at(2s));
  EXPECT_EQ(does(3s), Do::wait);
  EXPECT_EQ(turn.step(at(3s)).until, at(4s));
}

TEST_F(ReaderTurnTest, AReaderShowsThatItLivesEveryTwoSecondsHoweverLongItsLeaseIs) {
  EXPECT_EQ(ReaderTurn(10min, 0.5, true, at(0s)).beat(), 2s);
  EXPECT_EQ(ReaderTurn(5s, 0.5, true, at(0s)).beat(), 1s);
}

TEST_F(ReaderTurnTest, NobodyIsAskedForWhatNobodyWants) {
  turn.want(false, at(0s));
  EXPECT_EQ(turn.step(at(1h)).until, net::Instant::max());
  EXPECT_EQ(turn.role(), Role::relaying);
}

TEST_F(ReaderTurnTest, WhoIsRefusedAndHearsTheReaderNeverReads) {
  turn.refused("other|1.1|0", at(0s));
  for (net::Duration now = 1s; now < 60s; now += 2s) {
    EXPECT_TRUE(turn.heard({1, 1}, false, at(now)));
    EXPECT_EQ(does(now + 1s), Do::wait);
    EXPECT_FALSE(turn.reading());
  }
}

TEST_F(ReaderTurnTest, AReaderThatIsNotHeardIsSucceeded) {
  turn.heard({1, 1}, false, at(1s));
  EXPECT_EQ(does(5s), Do::wait);
  EXPECT_EQ(does(7s), Do::acquire);
}

TEST_F(ReaderTurnTest, AReaderThatGoesIsSucceededAtOnce) {
  turn.heard({1, 1}, false, at(1s));
  turn.heard({1, 1}, true, at(2s));
  EXPECT_EQ(does(2020ms), Do::acquire);
  turn.refused("other|1.1|3", at(2020ms));  // Redis has not heard it yet
  EXPECT_EQ(does(2050ms), Do::acquire);
}

TEST_F(ReaderTurnTest, AnOldReaderIsNotHeard) {
  EXPECT_TRUE(turn.heard({2, 1}, false, at(1s)));
  EXPECT_FALSE(turn.heard({1, 9}, false, at(2s)));
  EXPECT_EQ(turn.fence(), (Fence{2, 1}));
}

// A failover lost the grant of the one whose fence was heard last.
TEST_F(ReaderTurnTest, WhoHoldsTheLeaseIsHeardHoweverLowItsFence) {
  EXPECT_TRUE(turn.heard({2, 3}, false, at(1s)));
  EXPECT_FALSE(turn.heard({2, 2}, false, at(2s)));
  turn.refused("other|2.2|7", at(3s));
  EXPECT_TRUE(turn.heard({2, 2}, false, at(4s)));
  EXPECT_EQ(turn.fence(), (Fence{2, 2}));
}

TEST_F(ReaderTurnTest, ALeaseThatNeverChangesWhileItsHolderIsSilentIsSeized) {
  turn.heard({1, 1}, false, at(0s));
  refuse_until(15900ms);
  EXPECT_EQ(does(16s), Do::seize) << "a TTL after it was seen first";
  EXPECT_EQ(turn.held_value(), "other|1.1|0");
}

TEST_F(ReaderTurnTest, WhoHearsNobodyAnyMoreThoughALeaseIsHeldReadsAlone) {
  turn.heard({1, 1}, false, at(0s));
  for (net::Duration now = 0s; now < 13s; now += 100ms) {
    EXPECT_FALSE(turn.reading()) << now / 1ms;
    if (does(now) == Do::acquire) turn.refused("other|1.1|" + std::to_string(now / 1s), at(now));
  }
  does(14s);
  turn.refused("other|1.1|14", at(14s));
  does(14s);
  EXPECT_EQ(turn.role(), Role::alone);
  EXPECT_FALSE(turn.may_publish(at(14s)));
  EXPECT_TRUE(turn.heard({1, 1}, false, at(15s)));
  EXPECT_EQ(turn.role(), Role::relaying);
}

TEST_F(ReaderTurnTest, WhoHasJustComeAndHearsNobodyReadsAloneSoon) {
  refuse_until(2700ms);
  EXPECT_FALSE(turn.reading());
  refuse_until(3s);
  EXPECT_EQ(turn.role(), Role::alone);
}

// It hears first what came meanwhile.
TEST_F(ReaderTurnTest, WhoStoodStillAsksBeforeItReadsAlone) {
  turn.heard({1, 1}, false, at(1s));
  EXPECT_EQ(does(100s), Do::acquire);
  EXPECT_FALSE(turn.reading());
}

TEST_F(ReaderTurnTest, WithoutRedisWhoOnlyHeardReadsAfterAWhile) {
  turn.heard({1, 1}, false, at(1s));
  turn.bus(false, at(2s));
  EXPECT_EQ(does(7s), Do::wait);
  EXPECT_FALSE(turn.reading());
  EXPECT_EQ(turn.step(at(7s)).until, at(7500ms)) << "3 s, and half of 5 s";
  EXPECT_EQ(does(7500ms), Do::wait);
  EXPECT_EQ(turn.role(), Role::alone);
}

TEST_F(ReaderTurnTest, ARedisThatWasNeverThereIsNotWaitedForLong) {
  ReaderTurn fresh{ttl, 0.5, false, at(0s)};
  fresh.want(true, at(0s));
  fresh.step(at(700ms));
  EXPECT_FALSE(fresh.reading());
  fresh.step(at(800ms));
  EXPECT_TRUE(fresh.reading());
}

TEST_F(ReaderTurnTest, WhoOwnedItReadsOnWithoutRedisAndPublishesNothingBeyondItsTime) {
  own();
  turn.bus(false, at(1s));
  for (net::Duration now = 2s; now < 8s; now += 500ms)
    if (does(now) == Do::renew) turn.unanswered(at(now));
  EXPECT_EQ(turn.role(), Role::alone);
  EXPECT_FALSE(turn.may_publish(at(8s)));
}

TEST_F(ReaderTurnTest, WhenRedisIsBackOneOwnsItAndTheOthersStopWhenTheyHearIt) {
  turn.bus(false, at(0s));
  does(9s);
  ASSERT_EQ(turn.role(), Role::alone);
  turn.bus(true, at(10s));
  EXPECT_EQ(does(10200ms), Do::acquire);
  turn.refused("other|1.2|0", at(10200ms));
  EXPECT_TRUE(turn.reading()) << "until it is heard";
  turn.heard({1, 2}, false, at(10300ms));
  EXPECT_FALSE(turn.reading());
}

TEST_F(ReaderTurnTest, ALeaseThatRedisForgotIsAskedForAnewWhileReadingGoesOn) {
  own();
  turn.renewed(false, at(2s), at(2s));
  EXPECT_FALSE(turn.may_publish(at(2s)));
  EXPECT_TRUE(turn.reading());
  EXPECT_EQ(does(2s), Do::acquire);
  turn.granted({1, 2}, at(2s));
  EXPECT_TRUE(turn.may_publish(at(2s)));
}

TEST_F(ReaderTurnTest, ALeaseThatAnotherHasIsTheEndOfReading) {
  own();
  turn.renewed(false, at(2s), at(2s));
  turn.refused("other|1.2|0", at(2s));
  EXPECT_EQ(turn.role(), Role::relaying);
  EXPECT_EQ(does(3s), Do::wait);
}

TEST_F(ReaderTurnTest, ANewerReaderMakesTheOwnerLookAfterItsLease) {
  own();
  EXPECT_FALSE(turn.heard({1, 2}, false, at(500ms)));
  EXPECT_EQ(does(500ms), Do::renew);
}

TEST_F(ReaderTurnTest, ItIsGivenAwayWhereOthersListen) {
  own();
  turn.yield();
  EXPECT_EQ(does(1s), Do::wait) << "nobody is there";
  turn.others(2);
  EXPECT_EQ(does(1s), Do::release);
  turn.released(at(1s));
  EXPECT_FALSE(turn.reading());
  EXPECT_EQ(does(5s), Do::wait);
  EXPECT_EQ(does(7s), Do::acquire) << "nobody has taken it";
}

// As long as it is so: then it asks as all others do.
TEST_F(ReaderTurnTest, WhoReachesTheEngineThroughAnotherAsksASecondLater) {
  EXPECT_EQ(turn.step(at(900ms), true).until, at(1s));
  EXPECT_EQ(turn.step(at(1s), true).what, Do::acquire);
  turn.refused("other|1.1|0", at(1s));
  turn.heard({1, 1}, true, at(2s));
  EXPECT_EQ(turn.step(at(2s), true).until, at(3010ms)) << "also where one goes";
  EXPECT_EQ(turn.step(at(2010ms), false).what, Do::acquire);
}

// The others ask for it all the while.
TEST_F(ReaderTurnTest, WhoReachesTheEngineThroughAnotherAsksWhenTheLeaseOfTheSilentHasRunOut) {
  turn.step(at(0s), true);
  turn.heard({1, 1}, false, at(0s));
  EXPECT_EQ(turn.step(at(10s), true).what, Do::wait);
  EXPECT_EQ(turn.step(at(11500ms), true).what, Do::acquire) << "before it would read alone";
}

TEST_F(ReaderTurnTest, WhoReadsThroughAnotherRenewsItInTime) {
  ASSERT_EQ(turn.step(at(1s), true).what, Do::acquire);
  turn.granted({1, 1}, at(1s));
  EXPECT_EQ(turn.step(at(3s), true).what, Do::renew);
}

TEST_F(ReaderTurnTest, WhoDoesNotWantItAnyMoreGivesItAway) {
  own();
  turn.want(false, at(1s));
  EXPECT_EQ(does(1s), Do::release);
}

}  // namespace
}  // namespace feeds
