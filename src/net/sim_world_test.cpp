#include "net/sim_world.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "net/sim_host.hpp"
#include "net/sim_network.hpp"
#include "net/talk.hpp"

namespace net {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t port = 7;

struct Site {
  SimHost& host;
  SimLoop& loop = host.make_loop();
  SimNetwork network{loop};
  std::vector<Accepted> accepted;
  std::unique_ptr<Listener> listener;

  explicit Site(SimHost& host_in) : host(host_in) {}
  void listen(Endpoint endpoint = {.path = {}, .host = {}, .port = port}) {
    listener = *network.listen(endpoint, [this](Accepted one) { accepted.push_back(std::move(one)); });
  }
};

// Two hosts and a connection between them.
struct Two {
  SimWorld world;
  Site a{world.host("a")}, b{world.host("b")};
  StreamPtr here, there;  // at a, at b

  explicit Two(std::uint64_t seed, SimFaults faults = {}) : world(seed, faults) { b.listen(); }
  bool connect() {
    Ended<StreamPtr> out;
    const Job job(dial(a.network, {.path = {}, .host = "b", .port = port}, out));
    world.run_until([&] { return out && (!*out || !b.accepted.empty()); }, 200s);
    if (!out || !*out) return false;
    here = std::move(**out);
    there = b.network.adopt(std::move(b.accepted.back().socket));
    return true;
  }
};

struct Course {
  std::uint64_t trace = 0;
  SimCounts counts;
  std::string heard;
  bool whole = false;
};

// Half a megabyte over a net that does what it can.
Course course(std::uint64_t seed) {
  Two two(seed, SimFaults::rough());
  Course course;
  const std::string text = numbered(500'000);
  if (two.connect()) {
    Ended<void> wrote, ended;
    const Job reads(read_all(*two.there, course.heard, ended));
    const Job writes(write(*two.here, text, wrote));
    EXPECT_TRUE(two.world.run_until([&] { return wrote.has_value(); }, 300s));
    if (*wrote) two.here->shutdown_write();
    EXPECT_TRUE(two.world.run_until([&] { return ended.has_value(); }, 300s));
    course.whole = course.heard == text;
    EXPECT_TRUE(text.starts_with(course.heard));
    EXPECT_TRUE(course.whole || two.world.counts().cuts == 1);
  }
  course.trace = two.world.trace();
  course.counts = two.world.counts();
  return course;
}

TEST(SimWorld, TheSameSeedIsTheSameCourseToTheBit) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const Course first = course(seed), again = course(seed), other = course(seed + 100);
    EXPECT_EQ(first.trace, again.trace);
    EXPECT_EQ(first.heard, again.heard);
    EXPECT_NE(first.trace, other.trace);
  }
}

TEST(SimWorld, WhateverHappensOnTheWayWhatArrivesIsAPrefixAndEachFaultReallyHappens) {
  SimCounts all;
  int whole = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const Course one = course(seed);
    whole += one.whole;
    all.slices += one.counts.slices;
    all.short_sends += one.counts.short_sends;
    all.would_blocks += one.counts.would_blocks;
    all.stalls += one.counts.stalls;
    all.cuts += one.counts.cuts;
    all.clean_cuts += one.counts.clean_cuts;
    all.refusals += one.counts.refusals;
  }
  EXPECT_GT(whole, 100);
  EXPECT_LT(whole, 200);
  for (const std::uint64_t count :
       {all.slices, all.short_sends, all.would_blocks, all.stalls, all.cuts, all.clean_cuts, all.refusals}) {
    EXPECT_GT(count, 0u);
  }
}

TEST(SimWorld, APausedHostDoesNothingWhileItsKernelGoesOn) {
  Two two(1);
  ASSERT_TRUE(two.connect());
  std::string said;
  const Timer timer = two.b.loop.after(1s, [&] { said += "t"; });
  Ended<std::string> heard;
  const Job reads(read_once(*two.there, heard));
  two.b.host.pause();
  two.b.loop.post([&] { said += "p"; });
  Ended<void> wrote;
  const Job writes(write(*two.here, "taken by the kernel", wrote));
  Ended<StreamPtr> dialled;
  const Job dials(dial(two.a.network, {.path = {}, .host = "b", .port = port}, dialled));
  two.world.run_for(10s);
  EXPECT_EQ(said, "");
  EXPECT_FALSE(heard.has_value());
  EXPECT_TRUE(wrote && *wrote);
  EXPECT_TRUE(dialled && *dialled);  // by the kernel
  EXPECT_EQ(two.b.accepted.size(), 1u);
  two.b.host.resume();
  two.world.run_for(1s);
  EXPECT_EQ(said, "pt");  // in the order in which they fell due
  EXPECT_EQ(heard->value(), "taken by the kernel");
  EXPECT_EQ(two.b.accepted.size(), 2u);
}

TEST(SimWorld, AKilledHostIsSilentItsPeersAreToldAndItCanComeBack) {
  Two two(1);
  ASSERT_TRUE(two.connect());
  std::string said;
  const auto kept = std::make_shared<int>();
  const Timer timer = two.b.loop.after(1s, [&said, kept] { said += "never"; });
  two.b.loop.post([&said, kept] { said += "never"; });
  Ended<std::string> heard;
  const Job reads(read_once(*two.here, heard));
  two.b.host.kill();
  EXPECT_EQ(kept.use_count(), 1);
  two.there.reset();
  two.b.loop.post([&said] { said += "never"; });
  ASSERT_TRUE(two.world.run_until([&] { return heard.has_value(); }, 10s));
  EXPECT_EQ(heard->value(), "");
  EXPECT_FALSE(two.connect());  // refused
  EXPECT_EQ(said, "");

  Site again(two.world.host("b"));
  again.listen();
  Ended<StreamPtr> dialled;
  const Job dials(dial(two.a.network, {.path = {}, .host = "b", .port = port}, dialled));
  ASSERT_TRUE(two.world.run_until([&] { return again.accepted.size() == 1; }, 10s));
}

TEST(SimWorld, ALostDirectionLooksOpenFillsUpAndDeliversAllWhenItHeals) {
  Two two(1);
  ASSERT_TRUE(two.connect());
  two.world.lose(two.a.host, two.b.host);
  const std::string text = numbered(1'000'000);
  std::string heard;
  Ended<void> wrote, ended;
  const Job reads(read_all(*two.there, heard, ended));
  const Job writes(write(*two.here, text, wrote));
  two.world.run_for(15s);
  EXPECT_EQ(heard, "");
  EXPECT_FALSE(wrote || ended);
  EXPECT_GT(two.world.counts().losses, 0u);
  Ended<std::string> other_way;
  Ended<void> wrote_back;
  const Job reads_back(read_once(*two.here, other_way));
  const Job writes_back(write(*two.there, "this way is open", wrote_back));
  ASSERT_TRUE(two.world.run_until([&] { return other_way.has_value(); }, 1s));
  two.world.heal(two.a.host, two.b.host);
  ASSERT_TRUE(two.world.run_until([&] { return wrote.has_value(); }, 100s));
  two.here->shutdown_write();
  ASSERT_TRUE(two.world.run_until([&] { return ended.has_value(); }, 100s));
  EXPECT_TRUE(heard == text);
}

TEST(SimWorld, WhoDialledGivesUpAfterALongLossAndADialTimesOut) {
  Two two(1);
  ASSERT_TRUE(two.connect());
  Ended<std::string> heard;
  const Job reads(read_once(*two.here, heard));
  two.world.lose(two.b.host, two.a.host);
  ASSERT_TRUE(two.world.run_until([&] { return heard.has_value(); }, 60s));
  EXPECT_EQ(heard->error().fault, base::Fault::closed);
  EXPECT_EQ(two.world.counts().timeouts, 1u);
  Ended<StreamPtr> dialled;
  const Job dials(dial(two.a.network, {.path = {}, .host = "b", .port = port}, dialled));
  ASSERT_TRUE(two.world.run_until([&] { return dialled.has_value(); }, 300s));
  EXPECT_EQ(dialled->error().fault, base::Fault::timed_out);
}

TEST(SimWorld, ACutEndsEveryConnectionBetweenTheTwoOnBothSides) {
  SimFaults faults;
  faults.cut_clean = 0;
  Two two(1, faults);
  ASSERT_TRUE(two.connect());
  Ended<std::string> here, there;
  const Job reads_here(read_once(*two.here, here));
  const Job reads_there(read_once(*two.there, there));
  two.world.cut(two.a.host, two.b.host);
  ASSERT_TRUE(two.world.run_until([&] { return here && there; }, 1s));
  EXPECT_EQ(here->error().fault, base::Fault::closed);
  EXPECT_EQ(there->error().fault, base::Fault::closed);
  EXPECT_EQ(two.world.counts().cuts, 1u);
}

TEST(SimWorld, AStallDelaysAndNoMore) {
  Two two(1);
  ASSERT_TRUE(two.connect());
  two.world.stall(two.a.host, two.b.host, 3s);
  Ended<std::string> heard;
  Ended<void> wrote;
  const Job reads(read_once(*two.there, heard));
  const Job writes(write(*two.here, "late", wrote));
  EXPECT_FALSE(two.world.run_until([&] { return heard.has_value(); }, 2'900ms));
  EXPECT_TRUE(two.world.run_until([&] { return heard.has_value(); }, 200ms));
}

TEST(SimWorld, AStepOfTheWallClockMovesNothingElse) {
  SimWorld world(1);
  Site site(world.host("a"));
  const WallTime wall = site.loop.wall_now();
  const Instant monotonic = site.loop.now();
  Instant fired{};
  const Timer timer = site.loop.after(1s, [&] { fired = site.loop.now(); });
  site.host.step_wall_clock(-1h);
  world.run_for(2s);
  EXPECT_EQ(fired - monotonic, 1s);
  EXPECT_EQ(site.loop.wall_now() - wall, 2s - 1h);
}

TEST(SimWorld, UnixSocketsAndLocalhostAreTheMachines) {
  SimWorld world(1);
  Site server(world.host("engine", "node")), near(world.host("agent", "node")), far(world.host("elsewhere"));
  server.listen({.path = "/run/docker.sock", .host = {}, .port = 0});
  const auto tcp = *server.network.listen({.path = {}, .host = "127.0.0.1", .port = port}, [](Accepted) {});
  const auto reaches = [&world](Site& from, Endpoint endpoint) {
    Ended<StreamPtr> out;
    const Job job(dial(from.network, std::move(endpoint), out));
    EXPECT_TRUE(world.run_until([&] { return out.has_value(); }, 10s));
    return out->has_value();
  };
  const Endpoint socket{.path = "/run/docker.sock", .host = {}, .port = 0};
  EXPECT_TRUE(reaches(near, socket));
  EXPECT_FALSE(reaches(far, socket));
  EXPECT_TRUE(reaches(near, {.path = {}, .host = "localhost", .port = port}));
  EXPECT_FALSE(reaches(far, {.path = {}, .host = "localhost", .port = port}));
  EXPECT_TRUE(reaches(far, {.path = {}, .host = "node", .port = port}));
  EXPECT_TRUE(reaches(far, {.path = {}, .host = "engine", .port = port}));
}

TEST(SimWorld, SecretsReplay) {
  const auto secret = [](std::uint64_t seed) {
    SimWorld world(seed);
    return secret_bytes(16);
  };
  EXPECT_EQ(secret(1), secret(1));
  EXPECT_NE(secret(1), secret(2));
  EXPECT_NE(secret_bytes(16), secret_bytes(16));
}

}  // namespace
}  // namespace net
