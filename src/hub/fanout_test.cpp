// Longer than most: each way to be late, blocked or behind, beside one another.
#include "hub/fanout.hpp"

#include <gtest/gtest.h>

#include <map>

#include "hub/ring.hpp"
#include "hub/test_sockets.hpp"
#include "net/still_loop.hpp"

namespace hub {
namespace {

struct FanoutTest : testing::Test, FanoutObserver {
  FanoutTest() { fanout.set_observer(*this); }
  void on_behind(const FollowerName& follower, const Joint& joint) override {
    behind.emplace_back(follower.session.slot, joint.place.as<std::uint64_t>());
  }
  void on_drained(const FollowerName& follower, std::size_t bytes) override { drained[follower.session.slot] += bytes; }
  void on_broken(std::uint32_t slot) override { broken.push_back(slot); }

  // A session with one subscription in the ring from its present end.
  FollowerName join(std::uint32_t slot) {
    const Session session = fanout.open(slot, static_cast<int>(slot));
    const FollowerName name{session, fanout.add_subscription(slot)};
    fanout.attach(name, {1, ring.next(), ring.end()});
    return name;
  }
  void publish(std::string_view bytes) {
    ring.append({bytes, 1, {}}, Place::of(++published));
    fanout.publish(1, ring.at(ring.next() - 1), ring.oldest());
  }
  std::string& received(int slot) { return sockets.peers[slot].received; }

  net::StillLoop loop;
  TestSockets sockets;
  Fanout fanout{loop, sockets};
  std::uint64_t published = 0;
  Ring ring{100, Place::of(published)};
  std::vector<std::pair<std::uint32_t, std::uint64_t>> behind;
  std::map<std::uint32_t, std::size_t> drained;
  std::vector<std::uint32_t> broken;
};

TEST_F(FanoutTest, WhatATurnGatheredLeavesInOneSendPerFollower) {
  fanout.open_mirror(1, ring.next(), ring.end());
  join(0);
  join(1);
  for (const char* text : {"a", "bc", "def"}) publish(text);
  EXPECT_EQ(received(0), "");
  fanout.flush();
  for (int slot : {0, 1}) {
    EXPECT_EQ(received(slot), "abcdef");
    EXPECT_EQ(sockets.peers[slot].sends, 1);
  }
  EXPECT_EQ(fanout.counts().messages[0], 6U);
}

TEST_F(FanoutTest, AFollowerGetsWhatIsPublishedAfterItsSequenceAndNothingBefore) {
  fanout.open_mirror(1, ring.next(), ring.end());
  publish("before ");
  join(0);
  publish("after");
  fanout.flush();
  EXPECT_EQ(received(0), "after");
}

TEST_F(FanoutTest, ASlowFollowerGoesOnWhereItsSocketStoppedAndItsNeighboursNeverWait) {
  fanout.open_mirror(1, ring.next(), ring.end());
  join(0);
  join(1);
  sockets.peers[0].room = 4;
  publish("abc");
  publish("def");
  fanout.flush();
  publish("ghi");
  fanout.flush();
  EXPECT_EQ(received(1), "abcdefghi");
  EXPECT_EQ(received(0), "abcd");
  EXPECT_EQ(fanout.backlog_bytes(0), 2U);  // the rest of one publication, no more
  EXPECT_EQ(fanout.backlog_bytes(), 2U);
  sockets.peers[0].room = SIZE_MAX;
  fanout.on_writable(0);
  EXPECT_EQ(received(0), "abcdefghi");
  publish("jkl");
  fanout.flush();
  EXPECT_EQ(received(0), "abcdefghijkl");
  EXPECT_TRUE(behind.empty());
}

TEST_F(FanoutTest, ASocketMayTakeEverythingAndBlockThen) {
  fanout.open_mirror(1, ring.next(), ring.end());
  join(0);
  sockets.peers[0].holds = true;
  publish("abc");
  fanout.flush();
  EXPECT_TRUE(fanout.blocked(0));
  EXPECT_EQ(fanout.backlog_bytes(0), 0U);
  publish("def");
  fanout.flush();
  EXPECT_EQ(received(0), "abc");
  sockets.peers[0].holds = false;
  fanout.on_writable(0);
  EXPECT_EQ(received(0), "abcdef");
  EXPECT_FALSE(fanout.blocked(0));
}

TEST_F(FanoutTest, WhoeverTheRingOvertakesIsReportedWithThePlaceWhereItStands) {
  fanout.open_mirror(1, ring.next(), ring.end());
  const FollowerName slow = join(0);
  join(1);
  publish("first");
  fanout.flush();
  sockets.peers[0].room = 0;
  for (int i = 0; i < 30; ++i) {
    publish("0123456789");
    fanout.flush();
  }
  ASSERT_EQ(behind.size(), 1U);
  EXPECT_EQ(behind[0], std::pair(slow.session.slot, std::uint64_t{1}));
  EXPECT_EQ(received(1).size(), 305U);
  sockets.peers[0].room = SIZE_MAX;
  fanout.on_writable(0);
  EXPECT_EQ(received(0), "first");  // it follows nothing until it is attached again
  fanout.attach(slow, {1, ring.next() - 1, ring.before(ring.next() - 1)});
  fanout.flush();
  EXPECT_EQ(received(0), "first0123456789");
}

TEST_F(FanoutTest, ABurstLongerThanTheRingReachesThoseWhoCanTakeIt) {
  fanout.open_mirror(1, ring.next(), ring.end());
  join(0);
  std::string sent;
  for (int i = 0; i < 100; ++i) {
    publish("0123456789");
    sent += "0123456789";
  }
  fanout.flush();
  EXPECT_EQ(received(0), sent);
}

TEST_F(FanoutTest, RepliesAndHistoryKeepTheirOrderWithTheRing) {
  fanout.open_mirror(1, ring.next(), ring.end());
  const FollowerName name{fanout.open(0, 0), fanout.add_subscription(0)};
  EXPECT_FALSE(fanout.has_everything(name)) << "its history may be on its way";
  sockets.peers[0].room = 3;
  fanout.send(0, "reply ");
  fanout.replay(name, {"history "});
  EXPECT_EQ(fanout.counts().messages[0], 1U);
  EXPECT_EQ(drained[0], 0U);
  fanout.attach(name, {1, ring.next(), ring.end()});
  publish("live");
  fanout.flush();
  EXPECT_FALSE(fanout.has_everything(name));
  sockets.peers[0].room = SIZE_MAX;
  fanout.on_writable(0);
  EXPECT_EQ(received(0), "reply history live");
  EXPECT_EQ(drained[0], 8U);
  EXPECT_TRUE(fanout.has_everything(name));
}

TEST_F(FanoutTest, NewsForASessionThatIsGoneTouchNobody) {
  fanout.open_mirror(1, ring.next(), ring.end());
  const FollowerName gone = join(0);
  fanout.close(0);
  fanout.replay(gone, {"late"});
  fanout.attach(gone, {1, ring.next(), ring.end()});
  fanout.open(0, 7);
  fanout.replay(gone, {"late"});
  publish("news");
  fanout.flush();
  EXPECT_EQ(received(0), "");
  EXPECT_EQ(received(7), "");
}

TEST_F(FanoutTest, ABrokenSocketIsReportedOnceTheTurnIsOver) {
  fanout.open_mirror(1, ring.next(), ring.end());
  join(0);
  join(1);
  sockets.peers[0].dead = true;
  publish("x");
  EXPECT_TRUE(broken.empty());
  fanout.flush();
  EXPECT_EQ(broken, std::vector<std::uint32_t>{0});
  EXPECT_EQ(received(1), "x");
}

TEST_F(FanoutTest, WhoLeavesHearsNothingMoreAndNothingIsReported) {
  fanout.open_mirror(1, ring.next(), ring.end());
  const FollowerName leaver = join(0);
  join(1);
  publish("a");
  fanout.flush();
  publish("b");
  fanout.leave(leaver);
  fanout.leave({leaver.session, 7});
  fanout.flush();
  EXPECT_EQ(received(0), "a");
  EXPECT_EQ(received(1), "ab");
  EXPECT_TRUE(behind.empty());
  fanout.attach(leaver, {1, ring.next(), ring.end()});
  publish("c");
  fanout.flush();
  EXPECT_EQ(received(0), "ac");
}

TEST_F(FanoutTest, AfterASkipEveryoneIsBehindWhereTheMirrorEnded) {
  fanout.open_mirror(1, ring.next(), ring.end());
  join(0);
  publish("seen");
  fanout.flush();
  fanout.skip(1, 9, Place::of(std::uint64_t{8}));
  ASSERT_EQ(behind.size(), 1U);
  EXPECT_EQ(behind[0].second, 1U);
}

TEST(Ring, FindsWhereAFollowerGoesOn) {
  Ring ring(1000, Place::of(std::uint64_t{0}));
  for (std::uint64_t i = 1; i <= 3; ++i) ring.append({"x", 1, {}}, Place::of(i * 10));
  EXPECT_EQ(ring.find(Place::of(std::uint64_t{0})), 1U);
  EXPECT_EQ(ring.find(Place::of(std::uint64_t{20})), 3U);
  EXPECT_EQ(ring.find(Place::of(std::uint64_t{30})), 4U);
  EXPECT_EQ(ring.find(Place::of(std::uint64_t{15})), std::nullopt);
}

// Sockets that take everything hide how slow their clients are.
TEST_F(FanoutTest, OfWhatLatestWinsTheNextOneWaitsForTheEchoOfTheLast) {
  Ring newest(1, ring.end());
  fanout.open_mirror(1, newest.next(), newest.end(), {0, true});
  const FollowerName name = join(0);
  const auto publish_newest = [&](std::string_view bytes) {
    const PublicationRef publication = newest.append({bytes, 1, {}}, {});
    fanout.publish(1, publication, newest.oldest());
    fanout.flush();
  };
  fanout.attach(name, {1, newest.next(), newest.end()});
  publish_newest("a");
  publish_newest("b");
  EXPECT_EQ(sockets.peers[0].received, "ab") << "it may not know of echoes";
  fanout.on_echo(0);
  for (const char* text : {"c", "d", "e"}) publish_newest(text);
  EXPECT_EQ(sockets.peers[0].received, "abc");
  fanout.on_echo(0);
  EXPECT_EQ(sockets.peers[0].received, "abce") << "d was not the newest any more";
  fanout.on_echo(0);
  publish_newest("f");
  EXPECT_EQ(sockets.peers[0].received, "abcef");
  EXPECT_TRUE(behind.empty());
}

TEST_F(FanoutTest, OfWhatLatestWinsASocketThatTookNothingOwesNoEcho) {
  Ring newest(1, ring.end());
  fanout.open_mirror(1, newest.next(), newest.end(), {0, true});
  const FollowerName name = join(0);
  fanout.attach(name, {1, newest.next(), newest.end()});
  const auto publish_newest = [&](std::string_view bytes) {
    const PublicationRef publication = newest.append({bytes, 1, {}}, {});
    fanout.publish(1, publication, newest.oldest());
    fanout.flush();
  };
  publish_newest("a");
  EXPECT_TRUE(fanout.on_echo(0));
  EXPECT_FALSE(fanout.on_echo(0)) << "nothing was asked since";
  sockets.peers[0].room = 0;
  publish_newest("b");
  publish_newest("c");
  sockets.peers[0].room = SIZE_MAX;
  fanout.on_writable(0);
  EXPECT_EQ(sockets.peers[0].received, "ac");
}

TEST_F(FanoutTest, OfWhatLatestWinsOneEchoLetsAllChannelsOfASessionGoOn) {
  Ring one(1, ring.end()), two(1, ring.end());
  fanout.open_mirror(1, one.next(), one.end(), {0, true});
  fanout.open_mirror(2, two.next(), two.end(), {0, true});
  const FollowerName first = join(0);
  const FollowerName second{first.session, fanout.add_subscription(0)};
  fanout.attach(second, {2, two.next(), two.end()});
  const auto publish_on = [&](RingNumber number, Ring& to, std::string_view bytes) {
    const PublicationRef publication = to.append({bytes, 1, {}}, {});
    fanout.publish(number, publication, to.oldest());
    fanout.flush();
  };
  publish_on(1, one, "a");
  fanout.on_echo(0);
  publish_on(1, one, "b");
  publish_on(1, one, "c");
  publish_on(2, two, "x");
  EXPECT_EQ(sockets.peers[0].received, "ab");
  fanout.on_echo(0);
  EXPECT_EQ(sockets.peers[0].received, "abcx");
}

TEST_F(FanoutTest, OfWhatLatestWinsABlockedSocketIsGivenTheNewest) {
  Ring newest(1, ring.end());
  fanout.open_mirror(1, newest.next(), newest.end(), {0, true});
  const FollowerName name = join(0);
  fanout.attach(name, {1, newest.next(), newest.end()});
  sockets.peers[0].room = 1;
  for (const char* text : {"aa", "b", "c"}) {
    const PublicationRef publication = newest.append({text, 1, {}}, {});
    fanout.publish(1, publication, newest.oldest());
    fanout.flush();
  }
  sockets.peers[0].room = SIZE_MAX;
  fanout.on_writable(0);
  EXPECT_EQ(sockets.peers[0].received, "aac");
  EXPECT_TRUE(behind.empty());
}

}  // namespace
}  // namespace hub
