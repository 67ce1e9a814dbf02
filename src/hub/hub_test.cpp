#include "hub/hub.hpp"

#include <gtest/gtest.h>

#include "hub/test_sockets.hpp"
#include "net/still_loop.hpp"

namespace hub {
namespace {

// What is posted waits for run().
struct PatientLoop final : net::StillLoop {
  void post(net::Callback call) override { posted.push_back(std::move(call)); }
  void run() {
    while (!posted.empty()) {
      auto calls = std::exchange(posted, {});
      for (net::Callback& call : calls) call();
    }
  }
  std::vector<net::Callback> posted;
};

struct HubTest : testing::Test, FanoutObserver {
  HubTest() {
    fanout.set_observer(*this);
    hub.add_loop(mailbox);
  }
  void on_behind(const FollowerName&, const Joint&) override { ADD_FAILURE() << "the ring holds all"; }
  void on_drained(const FollowerName&, std::size_t) override {}
  void on_broken(std::uint32_t) override {}

  Follower join(std::uint32_t slot) {
    const Session session = fanout.open(slot, static_cast<int>(slot));
    return {0, {session, fanout.add_subscription(slot)}};
  }
  void publish(RingNumber ring, std::string_view bytes) { hub.publish(ring, {bytes, 1, {}}, Place::of(++published)); }
  void fill_mailbox() {
    for (int i = 0; i < 4; ++i) hub.call(0, [](Fanout&) {});
  }
  void run() {
    loop.run();
    fanout.flush();
  }

  PatientLoop loop;
  TestSockets sockets;
  Fanout fanout{loop, sockets};
  Hub hub{1000};
  Mailbox mailbox{loop, 4, {[this](Item& item) { item.apply(fanout); }, [] {}, [this] { hub.on_room(0); }}};
  std::uint64_t published = 0;
};

TEST_F(HubTest, WhatWaitsForRoomKeepsItsOrder) {
  const RingNumber ring = hub.open_ring(Place::of(published));
  const Follower follower = join(0);
  hub.mirror(ring, 0);
  fill_mailbox();
  ASSERT_TRUE(hub.attach(follower, ring, 1));
  for (const char* text : {"a", "b", "c"}) publish(ring, text);
  run();
  EXPECT_EQ(sockets.peers[0].received, "abc");
}

TEST_F(HubTest, AnAttachThatWaitedForRoomUntilItsRingWasClosedIsForgotten) {
  const RingNumber ring = hub.open_ring(Place::of(published));
  const Follower follower = join(0);
  hub.mirror(ring, 0);
  publish(ring, "a");
  fill_mailbox();
  ASSERT_TRUE(hub.attach(follower, ring, 2));
  hub.unmirror(ring, 0);
  hub.close_ring(ring);
  run();
  EXPECT_EQ(sockets.peers[0].received, "");
}

// A mirror's end and its next beginning wait behind an attach to the old one.
TEST_F(HubTest, AMirrorThatIsOpenedAnewWhileTheMailboxIsFullBeginsAnew) {
  const RingNumber ring = hub.open_ring(Place::of(published));
  const Follower first = join(0), second = join(1);
  hub.mirror(ring, 0);
  run();
  for (const char* text : {"a", "b"}) publish(ring, text);
  fill_mailbox();
  ASSERT_TRUE(hub.attach(first, ring, 3));
  hub.unmirror(ring, 0);
  hub.mirror(ring, 0);
  publish(ring, "c");
  ASSERT_TRUE(hub.attach(second, ring, 2));
  run();
  EXPECT_EQ(sockets.peers[1].received, "bc");
}

}  // namespace
}  // namespace hub
