// Longer than most: one fixture, and each way in which followers and events may miss each other.
// The channels that one instance feeds by itself, docker:events, container:events and containers, on the simulated
// Engine: what their followers are told when events are missed, the daemon dies, or a client is slow.
#include "feeds/feeds.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "app/engine_link.hpp"
#include "bus/memory_bus.hpp"
#include "hub/test_sockets.hpp"
#include "lease/memory_lease.hpp"
#include "net/sim_host.hpp"
#include "net/sim_network.hpp"
#include "net/sim_world.hpp"
#include "sim/sim_engine.hpp"
#include "ws/decoder.hpp"

namespace sim {
namespace {

using namespace std::chrono_literals;
using feeds::Source;
using testing::ElementsAre;
using testing::IsEmpty;
namespace json = boost::json;

class FeedsTest : public testing::Test, public feeds::Followers, public hub::FanoutObserver {
 protected:
  FeedsTest() {
    fanout_.set_observer(*this);
    hub_.add_loop(mailbox_);
    link_.emplace(client_, [this](const std::string& engine) {
      return std::make_unique<feeds::Feeds>(feeds::LogFeeds::Parts{near_.loop(), client_, bus_, lease_, hub_, {this}},
                                            feeds::Settings{}, engine, overview_);
    });
    EXPECT_TRUE(world_.run_until([this] { return link_->feeds() != nullptr; }, 3s));
  }

  void on_subscribed(const hub::FollowerName& name, const feeds::Subscribed& subscribed) override {
    subscribed_[name.session.slot] = subscribed;
  }
  void on_refused(const hub::FollowerName& name, const base::Error& error) override {
    refused_[name.session.slot] = error.fault;
  }
  void on_ended(const hub::FollowerName& name) override {
    if (!ended_.insert(name.session.slot).second) return;
    overview_.unfollow({0, name});
    link_->feeds()->unfollow({0, name});
  }
  void on_behind(const hub::FollowerName& name, const hub::Joint& joint) override {
    near_.loop().post([this, name, joint] {
      overview_.on_behind({0, name});
      link_->feeds()->on_behind({0, name}, joint);
    });
  }
  void on_drained(const hub::FollowerName&, std::size_t) override {}
  void on_broken(std::uint32_t) override {}

  std::uint32_t follow(Source source, const std::string& container = {}, const std::string& since = {}) {
    const std::uint32_t slot = slots_++;
    feeds::Follow follow;
    follow.follower = {0, {fanout_.open(slot, static_cast<int>(slot)), fanout_.add_subscription(slot)}};
    follow.source = source;
    follow.container = container;
    follow.shape.form = feeds::Form::line;
    follow.start.events = docker::EventPositions::parse(since);
    follows_[slot] = follow;
    ask(follow);
    EXPECT_TRUE(world_.run_until([&] { return subscribed_.contains(slot) || refused_.contains(slot); }, 10s));
    return slot;
  }
  void ask(const feeds::Follow& follow) {
    if (feeds::Overview::tells(follow.source)) return overview_.follow(follow);
    link_->feeds()->follow(follow);
  }
  // Everything that it was sent since it was asked last.
  std::vector<json::object> heard(std::uint32_t slot) {
    std::string bytes = std::exchange(sockets_.peers[static_cast<int>(slot)].received, {});
    std::span<char> rest(bytes);
    ws::Decoder decoder;
    std::vector<json::object> all;
    for (;;) {
      const ws::Event event = decoder.next(rest, {.message_bytes_max = 1 << 24, .masked = false});
      if (event.kind != ws::Event::Kind::text) return all;
      all.push_back(json::parse(json::string_view(event.text.data(), event.text.size())).as_object());
    }
  }
  // In short: "die", "source_down", "changed exited", "list 2".
  std::vector<std::string> said(std::uint32_t slot) {
    std::vector<std::string> all;
    for (const json::object& message : heard(slot)) all.push_back(in_short(message));
    return all;
  }
  static std::string text(const json::value& value) { return std::string(value.as_string()); }
  static std::string in_short(const json::object& message) {
    const std::string type = text(message.at("type"));
    if (type == "status") return text(message.at("state"));
    if (type == "docker_event") return text(message.at("event").at("Action"));
    if (type == "container_event") return text(message.at("Action"));
    if (type == "containers") return "list " + std::to_string(message.at("containers").as_array().size());
    return text(message.at("change")) + " " + text(message.at("container").at("state"));
  }
  void run_for(net::Duration time) { world_.run_for(time); }

  net::SimWorld world_{1};
  net::SimNetwork far_{world_.host("docker").make_loop()};
  net::SimNetwork near_{world_.host("here").make_loop()};
  SimEngine engine_{far_, {{}, "docker", 2375}};
  docker::Client client_{near_, {{}, "docker", 2375}};
  bus::MemoryBus bus_{near_.loop()};
  lease::MemoryLease lease_{near_.loop(), "here"};
  hub::TestSockets sockets_;
  hub::Fanout fanout_{near_.loop(), sockets_};
  hub::Hub hub_{64 * 1024};
  hub::Mailbox mailbox_{near_.loop(),
                        64,
                        {[this](hub::Item& item) { item.apply(fanout_); }, [this] { fanout_.flush(); },
                         [this] { near_.loop().post([this] { hub_.on_room(0); }); }}};
  feeds::Overview overview_{near_.loop(), hub_, {this}, true};
  std::optional<app::EngineLink> link_;
  std::map<std::uint32_t, feeds::Subscribed> subscribed_;
  std::map<std::uint32_t, base::Fault> refused_;
  std::set<std::uint32_t> ended_;
  std::map<std::uint32_t, feeds::Follow> follows_;  // as they were asked for
  std::uint32_t slots_ = 0;
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
  link_.emplace(client_, [this](const std::string& engine) {
    return std::make_unique<feeds::Feeds>(feeds::LogFeeds::Parts{near_.loop(), client_, bus_, lease_, hub_, {this}},
                                          feeds::Settings{}, engine, overview_);
  });
  ASSERT_TRUE(world_.run_until([this] { return link_->feeds() != nullptr; }, 3s));
  run_for(1s);
  const auto back = follow(Source::docker_events, {}, position);
  run_for(1s);
  EXPECT_EQ(subscribed_[back].recovered, "full");
  EXPECT_THAT(said(back), ElementsAre("start"));
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
