// The channels that one instance feeds by itself, docker:events, container:events and containers, on the simulated
// Engine: what their followers are told when events are missed, the daemon dies, or a client is slow. And of a log,
// that who comes back is told so whatever its position is called.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/feeds_instance.hpp"
#include "sim/sim_engine.hpp"

namespace sim {
namespace {

using namespace std::chrono_literals;
using feeds::Source;
using testing::ElementsAre;
namespace json = boost::json;

struct FeedsWorld {
  net::SimWorld world_{1};
  net::SimNetwork far_{world_.host("docker").make_loop()};
  SimEngine engine_{far_, {{}, "docker", 2375}};
};

class FeedsTest : public testing::Test, protected FeedsWorld, protected FeedsInstance {
 protected:
  FeedsTest() : FeedsInstance(world_, "here", false) {
    EXPECT_TRUE(world_.run_until([this] { return link_->feeds() != nullptr; }, 3s));
  }
  void run_for(net::Duration time) { world_.run_for(time); }
};

TEST_F(FeedsTest, AContainersLifeIsToldOnAllItsChannels) {
  const auto everything = follow(Source::docker_events);
  const auto picture = follow(Source::containers);
  run_for(1s);
  EXPECT_THAT(said(picture), ElementsAre("list 0"));
  SimContainer& container = engine_.create({});
  run_for(1s);
  const auto own = follow(Source::container_events, container.id());
  container.start();
  run_for(1s);
  container.exit(3);
  run_for(1s);
  container.remove();
  run_for(1s);
  EXPECT_THAT(said(everything), ElementsAre("create", "start", "die", "destroy"));
  EXPECT_THAT(said(own), ElementsAre("start", "die", "destroy", "removed"));
  EXPECT_TRUE(ended_.contains(own));
  EXPECT_THAT(said(picture), ElementsAre("added created", "changed running", "changed exited", "removed exited"));
}

TEST_F(FeedsTest, WhoComesBackIsToldWhatItMissed) {
  const auto first = follow(Source::docker_events);
  SimContainer& container = engine_.create({});
  run_for(1s);
  const auto told = heard(first);
  ASSERT_EQ(told.size(), 1U);
  container.start();
  run_for(1s);
  container.pause();
  run_for(1s);
  const auto back = follow(Source::docker_events, {}, text(told[0].at("position")));
  run_for(1s);
  EXPECT_EQ(subscribed_[back].recovered, "full");
  EXPECT_THAT(said(back), ElementsAre("start", "pause"));
}

// The instance that has just started has the Engine's own memory.
TEST_F(FeedsTest, APositionFromBeforeThisInstanceIsRecovered) {
  const auto first = follow(Source::docker_events);
  SimContainer& container = engine_.create({});
  run_for(1s);
  const std::string position = text(heard(first)[0].at("position"));
  container.start();
  run_for(1s);
  start();
  ASSERT_TRUE(world_.run_until([this] { return link_->feeds() != nullptr; }, 3s));
  run_for(1s);
  const auto back = follow(Source::docker_events, {}, position);
  run_for(1s);
  EXPECT_EQ(subscribed_[back].recovered, "full");
  EXPECT_THAT(said(back), ElementsAre("start"));
}

TEST_F(FeedsTest, WhatAnEngineRemembersIsNoNewsAndWhatItTellsIsWhateverItsClockSays) {
  for (const net::Duration step : {net::Duration(-1h), net::Duration(2h)}) {
    const auto everything = follow(Source::docker_events);
    engine_.step_clock(step);
    SimContainer& container = engine_.create({});
    run_for(1s);
    said(everything);
    start();
    ASSERT_TRUE(world_.run_until([this] { return link_->feeds() != nullptr; }, 3s));
    container.start();
    run_for(3s);
    EXPECT_THAT(said(everything), ElementsAre("start"));
  }
}

TEST_F(FeedsTest, WhatTheEngineForgotIsToldAsLost) {
  const auto first = follow(Source::docker_events);
  SimContainer& container = engine_.create({});
  run_for(1s);
  const std::string position = text(heard(first)[0].at("position"));
  engine_.kill();
  run_for(1s);
  engine_.start(true);
  run_for(15s);
  container.start();
  run_for(1s);
  const auto back = follow(Source::docker_events, {}, position);
  run_for(1s);
  EXPECT_EQ(subscribed_[back].recovered, "partial");
  ASSERT_TRUE(subscribed_[back].lost);
  EXPECT_EQ(subscribed_[back].lost->from, position);
  EXPECT_THAT(said(back), ElementsAre("start"));
}

TEST_F(FeedsTest, APositionOfAnotherEngineIsNotRecovered) {
  const auto foreign = follow(Source::docker_events, {}, "e1.7.1.1");
  EXPECT_EQ(subscribed_[foreign].recovered, "none");
  EXPECT_EQ(subscribed_[foreign].reason, "recreated");
}

// It counted from behind a step of the clock, at an instance that had read more.
TEST_F(FeedsTest, ALogsPositionThatIsAheadAndOfAnotherReckoningIsRecovered) {
  SimContainer& container = engine_.create({});
  container.start();
  run_for(1s);
  feeds::Follow log;
  log.source = Source::logs;
  log.container = container.id();
  log.start.tail = 0;
  follow(log);
  container.write(SimStream::out, "before\n");
  run_for(1s);
  world_.host("docker").step_wall_clock(-1h);
  container.write(SimStream::out, "behind\n");
  run_for(1s);
  container.write(SimStream::out, "ahead\n");
  log.start = {};
  log.start.after.emplace();
  log.start.after->engine = docker::engine_key("SIMULATED-ENGINE");
  log.start.after->container = *docker::container_key(container.id());
  log.start.after->mark(docker::LogStream::out) = {container.log().records().back().stamp, 1};
  const auto back = follow(log);
  EXPECT_EQ(subscribed_[back].recovered, "full");
  EXPECT_EQ(subscribed_[back].reason, "");
  container.write(SimStream::out, "last\n");
  run_for(2s);
  std::vector<std::string> lines;
  for (const json::object& message : heard(back))
    if (message.contains("data") && text(message.at("type")) == "log") lines.push_back(text(message.at("data")));
  EXPECT_THAT(lines, ElementsAre("last"));
}

// Another instance heard the event first.
TEST_F(FeedsTest, APositionThatIsAheadIsWaitedFor) {
  const auto first = follow(Source::docker_events);
  engine_.create({});
  run_for(1s);
  docker::EventPosition ahead = *docker::EventPosition::parse(text(heard(first)[0].at("position")));
  ahead.time_ns += 3'600'000'000'000;
  const auto back = follow(Source::docker_events, {}, ahead.print());
  EXPECT_EQ(subscribed_[back].recovered, "none") << "it never came";
  EXPECT_EQ(subscribed_[back].reason, "trimmed");
}

TEST_F(FeedsTest, ThePictureIsRightAgainAfterTheDaemonDied) {
  SimContainer& lives = engine_.create({});
  SimContainer& dies = engine_.create({});
  lives.start();
  dies.start();
  run_for(1s);
  const auto picture = follow(Source::containers), events = follow(Source::docker_events);
  run_for(1s);
  EXPECT_THAT(said(picture), ElementsAre("list 2"));
  engine_.kill();
  run_for(5s);
  EXPECT_THAT(said(picture), ElementsAre("source_down"));
  const auto late = follow(Source::containers);
  run_for(1s);
  EXPECT_THAT(said(late), ElementsAre("source_down", "list 2"));
  engine_.start(false);  // without the processes, and it has forgotten all events
  run_for(15s);
  EXPECT_THAT(said(picture), ElementsAre("recovered", "list 2"));
  EXPECT_THAT(said(events), ElementsAre("source_down", "recovered"));
  const auto after = follow(Source::containers);
  run_for(1s);
  for (const json::object& message : heard(after))
    for (const json::value& each : message.at("containers").as_array()) EXPECT_EQ(text(each.at("state")), "exited");
}

TEST_F(FeedsTest, MoreEventsThanTheEngineRemembersLeaveThePictureRight) {
  SimContainer& container = engine_.create({});
  container.start();
  run_for(1s);
  const auto picture = follow(Source::containers), events = follow(Source::docker_events);
  run_for(1s);
  heard(picture);
  const std::string before = subscribed_[events].position;
  net::SimHost& there = world_.host("docker");
  net::SimHost& here = world_.host("here");
  world_.lose(there, here);
  world_.lose(here, there);
  run_for(25s);
  for (int i = 0; i < 300; ++i) container.rename("name-" + std::to_string(i));
  engine_.create({});
  world_.heal_all();
  run_for(40s);
  EXPECT_THAT(said(picture), ElementsAre("source_down", "recovered", "list 2"));
  const auto back = follow(Source::docker_events, {}, before);
  EXPECT_EQ(subscribed_[back].recovered, "partial");
}

TEST_F(FeedsTest, WhoAsksAgainFromATimeIsToldNothingTwice) {
  const auto events = follow(Source::docker_events);
  sockets_.peers[static_cast<int>(events)].room = 0;
  for (int i = 0; i < 3; ++i) engine_.create({});
  run_for(1s);
  follows_[events].start.since_ns = 0;
  ask(follows_[events]);
  run_for(1s);
  sockets_.peers[static_cast<int>(events)].room = SIZE_MAX;
  fanout_.on_writable(events);
  run_for(1s);
  EXPECT_THAT(said(events), ElementsAre("create", "create", "create"));
}

TEST_F(FeedsTest, WhoIsRefusedWhenItAsksAgainFollowsNothing) {
  SimContainer& container = engine_.create({});
  run_for(1s);
  const auto own = follow(Source::container_events, container.id());
  sockets_.peers[static_cast<int>(own)].room = 0;
  container.start();
  container.remove();
  run_for(1s);
  EXPECT_FALSE(ended_.contains(own)) << "it was not told all yet";
  link_->feeds()->follow(follows_[own]);
  run_for(1s);
  EXPECT_EQ(refused_[own], base::Fault::not_found);
  sockets_.peers[static_cast<int>(own)].room = SIZE_MAX;
  fanout_.on_writable(own);
  run_for(70s);
  EXPECT_FALSE(ended_.contains(own)) << "nobody is there to be told";
}

// It goes while nobody looks at the list, and its event is forgotten with the daemon.
TEST_F(FeedsTest, AContainerWhoseEndWasForgottenIsRemovedAllTheSame) {
  SimContainer& container = engine_.create({});
  run_for(1s);
  const auto own = follow(Source::container_events, container.id());
  net::SimHost& there = world_.host("docker");
  net::SimHost& here = world_.host("here");
  world_.lose(there, here);
  world_.lose(here, there);
  run_for(25s);
  container.remove();
  engine_.kill();
  run_for(1s);
  world_.heal_all();
  engine_.start(false);
  run_for(40s);
  EXPECT_THAT(said(own), ElementsAre("source_down", "recovered", "removed"));
  EXPECT_TRUE(ended_.contains(own));
}

TEST_F(FeedsTest, AContainerThatIsNotThereIsRefused) {
  const auto nobody = follow(Source::container_events, std::string(64, 'f'));
  EXPECT_EQ(refused_[nobody], base::Fault::not_found);
}

TEST_F(FeedsTest, ASlowFollowerOfThePictureIsGivenTheWholeListAgain) {
  const auto picture = follow(Source::containers);
  run_for(1s);
  heard(picture);
  sockets_.peers[static_cast<int>(picture)].room = 0;
  for (int i = 0; i < 400; ++i) {
    engine_.create({});
    run_for(300ms);
  }
  sockets_.peers[static_cast<int>(picture)].room = SIZE_MAX;
  fanout_.on_writable(picture);
  run_for(1s);
  // What it missed is in the list that it was given last, and what came behind is told by itself.
  int known = -1, lists = 0;
  for (const std::string& word : said(picture)) {
    if (word.starts_with("list ")) {
      known = std::stoi(word.substr(5));
      ++lists;
    } else {
      ++known;
    }
  }
  EXPECT_GT(lists, 0);
  EXPECT_EQ(known, 400);
}

}  // namespace
}  // namespace sim
