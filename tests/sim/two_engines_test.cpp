// Two Engines, an instance beside each and one beside none, one Redis: every instance serves the containers of both,
// through the tunnel where it must, and an Engine or an instance that goes hurts only what was its own.
#include "sim/two_engines.hpp"

#include <gmock/gmock.h>

namespace sim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
namespace json = boost::json;

TEST_F(TwoEngines, EveryInstanceListsAndFindsTheContainersOfBoth) {
  SimContainer& web = create(a_, "web");
  SimContainer& db = create(b_, "db");
  create(a_, "twin");
  create(b_, "twin");
  const std::string name = web.id().substr(0, 8);
  SimContainer& named = create(b_, name);
  world_.run_for(1s);
  for (const std::string at : {"ia", "ib", "none"}) {
    const Answer list = get(at, "/api/containers");
    EXPECT_EQ(list.status, 200) << at;
    EXPECT_THAT(listed(list), UnorderedElementsAre("web ENGINE-A", "db ENGINE-B", "twin ENGINE-A", "twin ENGINE-B",
                                                   name + " ENGINE-B"));
    EXPECT_FALSE(list.body.as_object().contains("partial")) << at;
    EXPECT_EQ(text(get(at, "/api/containers/web").body.at("id")), web.id());
    EXPECT_EQ(text(get(at, "/api/containers/" + db.id().substr(0, 12)).body.at("engine")), "ENGINE-B");
    const Answer twin = get(at, "/api/containers/twin");
    EXPECT_EQ(twin.status, 409) << at;
    EXPECT_EQ(text(twin.body.at("code")), "ambiguous");
    EXPECT_EQ(text(get(at, "/api/containers/" + name).body.at("id")), named.id()) << "a name goes before a prefix";
    EXPECT_EQ(get(at, "/api/containers/nobody").status, 404) << at;
    EXPECT_EQ(get(at, "/api/containers/" + std::string(64, 'f')).status, 404) << at;
  }
}

TEST_F(TwoEngines, LogsAreFollowedOnAnyInstanceAndResumedOnAnyOther) {
  SimContainer& web = create(a_, "web");
  SimContainer& db = create(b_, "db");
  SimContainer& rotating = create(b_, "rotating", {.max_size = 200'000, .max_file = 5});
  for (SimContainer* each : {&web}) write(a_, *each);
  for (SimContainer* each : {&db, &rotating}) write(b_, *each);
  world_.run_for(20s);
  follow({"ia", "ib", "none"}, {&web, &db, &rotating});
  follow({"ia"}, {&db, &rotating}, 100);
  follow({"none"}, {&web, &db}, 0);
  follow({"ia", "ib"}, {&web, &db}, 17);
  ASSERT_TRUE(until([this] { return all_go(); })) << failed_;
  for (int i = 0; i < 6; ++i) {
    world_.run_for(7s);
    followers_[0]->hang_up();
    followers_[3]->hang_up();
  }
  EXPECT_EQ(a_.follows_open(), 1U) << "one reader in the cluster";
  EXPECT_EQ(b_.follows_open(), 2U);
  expect_all_complete();
}

TEST_F(TwoEngines, WhoReachesTheEngineReadsForTheOthersAndElseWhoFollows) {
  SimContainer& db = create(b_, "db");
  write(b_, db);
  const auto reader = [&] {
    const Answer answer = get("ia", "/api/channels");
    return answer.body.at("channels").as_array().at(0).at("reader");
  };
  SimFollower& far = follow({"none"}, {&db});
  follow({"ib"}, {&db});
  ASSERT_TRUE(until([this] { return all_go(); }));
  world_.run_for(10s);
  EXPECT_EQ(reader(), "ib");
  followers_[1]->leave();
  instance("ib").kill();
  instance("ib").start();
  world_.run_for(30s);
  EXPECT_EQ(reader(), "none") << "nobody follows beside the Engine";
  EXPECT_EQ(b_.follows_open(), 1U);
  writers_.clear();
  EXPECT_TRUE(until([&] { return far.complete().empty(); })) << far.complete();
  EXPECT_EQ(failed_, "");
}

TEST_F(TwoEngines, AnEngineThatGoesHurtsOnlyItsOwnContainers) {
  SimContainer& web = create(a_, "web");
  SimContainer& db = create(b_, "db");
  write(a_, web);
  write(b_, db);
  follow({"none"}, {&web});
  follow({"none"}, {&db});
  follow({"ib"}, {&web, &db});
  Ear& picture = listen("ia", "containers");
  Ear& of_db = listen("ia", "container:events:" + db.id());
  ASSERT_TRUE(until([this] { return all_go(); }));
  world_.run_for(5s);
  b_.kill();
  ASSERT_TRUE(until([&] { return get("none", "/api/containers").body.as_object().contains("partial"); }));
  world_.run_for(20s);
  for (const std::string at : {"ia", "ib", "none"}) {
    const Answer list = get(at, "/api/containers");
    EXPECT_THAT(listed(list), ElementsAre("web ENGINE-A")) << at;
    EXPECT_THAT(text(list.body.at("reason")), HasSubstr("ENGINE-B"));
    const net::Instant begun = world_.now();
    EXPECT_EQ(get(at, "/api/containers/web").status, 200) << at;
    EXPECT_LT(world_.now() - begun, 1s) << "nobody waits for who does not answer";
    EXPECT_EQ(get(at, "/api/containers/nobody").status, 503) << at << ": it may be of the other";
  }
  EXPECT_TRUE(until([this] { return followers_[0]->complete().empty(); }, 5s)) << "of the Engine that lives";
  EXPECT_THAT(states(picture), ElementsAre("source_down ENGINE-B"));
  EXPECT_THAT(states(of_db), ElementsAre("source_down"));
  EXPECT_EQ(stages_[0].tally["status source_down"], 0U);
  EXPECT_GT(stages_[1].tally["status source_down"], 0U);
  b_.start(true);
  ASSERT_TRUE(until([&] { return !get("none", "/api/containers").body.as_object().contains("partial"); }));
  world_.run_for(15s);
  EXPECT_THAT(states(picture), ElementsAre("source_down ENGINE-B", "recovered ENGINE-B"));
  expect_all_complete();
}

TEST_F(TwoEngines, EventsAndThePictureAreOfAllEngines) {
  Ear& picture = listen("none", "containers");
  Ear& events = listen("ia", "docker:events");
  world_.run_for(3s);
  SimContainer& web = create(a_, "web");
  world_.run_for(1s);
  SimContainer& db = create(b_, "db");
  world_.run_for(3s);
  EXPECT_THAT(actions(events), ElementsAre("create", "start", "create", "start"));
  EXPECT_THAT(events.position, HasSubstr("_")) << "a place for each";
  const auto added = picture.of("container");
  ASSERT_EQ(added.size(), 2U);
  EXPECT_EQ(text(added[0].at("container").at("engine")), "ENGINE-A");
  EXPECT_EQ(text(added[1].at("container").at("engine")), "ENGINE-B");
  const std::string position = events.position;
  events.job.cancel();
  db.exit(1);
  world_.run_for(1s);
  web.exit(2);
  world_.run_for(3s);
  for (const std::string at : {"ia", "ib", "none"}) {
    Ear& back = listen(at, "docker:events", position);
    world_.run_for(3s);
    EXPECT_THAT(actions(back), ElementsAre("die", "die")) << at;
    EXPECT_EQ(text(back.of("docker_event")[0].at("event").at("Actor").at("ID")), db.id());
  }
  // One of before knows a single Engine.
  const std::string before = "e1." + position.substr(position.find('_') + 1);
  Ear& old = listen("none", "docker:events", before);
  world_.run_for(3s);
  EXPECT_THAT(actions(old), ElementsAre("die"));
  Ear& whole = listen("ib", "containers");
  world_.run_for(2s);
  ASSERT_FALSE(whole.of("containers").empty());
  EXPECT_EQ(whole.of("containers").back().at("containers").as_array().size(), 2U);
}

TEST_F(TwoEngines, AnInstanceThatStartsLaterIsToldAPositionsEventsOfAllEngines) {
  Ear& events = listen("ia", "docker:events");
  world_.run_for(1s);
  create(a_, "web");
  SimContainer& db = create(b_, "db");
  world_.run_for(3s);
  const std::string position = events.position;
  db.exit(0);
  world_.run_for(1s);
  instance("ib").kill();
  instance("ib").start();
  world_.run_for(5s);  // nobody tells it what was before: it finds out that it is its turn to read
  Ear& back = listen("ib", "docker:events", position);
  world_.run_for(10s);
  EXPECT_THAT(actions(back), ElementsAre("die"));
}

TEST_F(TwoEngines, AHostThatDiesOrStandsStillIsReplacedByAnother) {
  start_instance("ib2", "b");
  SimContainer& db = create(b_, "db");
  write(b_, db);
  follow({"none"}, {&db});
  follow({"ia"}, {&db});
  ASSERT_TRUE(until([this] { return all_go(); }));
  world_.run_for(5s);
  instance("ib").kill();
  world_.run_for(30s);
  EXPECT_EQ(get("none", "/api/containers/db").status, 200);
  instance("ib").start();
  world_.run_for(10s);
  instance("ib2").pause();
  world_.run_for(30s);
  EXPECT_EQ(get("none", "/api/containers/db").status, 200);
  instance("ib2").resume();
  world_.run_for(20s);
  instance("ib").drain();
  world_.run_for(20s);
  EXPECT_EQ(get("none", "/api/containers/db").status, 200);
  expect_all_complete();
}

TEST_F(TwoEngines, RedisGoesAndEverybodyHasEverythingAfterwards) {
  SimContainer& web = create(a_, "web");
  SimContainer& db = create(b_, "db");
  write(a_, web);
  write(b_, db);
  follow({"ia"}, {&web, &db});
  follow({"ib"}, {&web, &db});
  ASSERT_TRUE(until([this] { return all_go(); }));
  world_.run_for(3s);
  redis_.kill();
  world_.run_for(20s);
  EXPECT_THAT(listed(get("ia", "/api/containers")), ElementsAre("web ENGINE-A"));
  redis_.start();
  world_.run_for(30s);
  EXPECT_EQ(listed(get("ia", "/api/containers")).size(), 2U);
  redis_.kill_subscribers();
  world_.run_for(5s);
  expect_all_complete();
}

// Too loud for the bus, and for the tunnel: late, not lost.
TEST_F(TwoEngines, ALogThatIsTooLoudComesLateAndWhole) {
  SimContainer& loud = create(b_, "loud");
  write(b_, loud, {.lines_per_second = 4000, .bytes_max = 2000});
  follow({"ib"}, {&loud});
  follow({"none"}, {&loud});
  ASSERT_TRUE(until([this] { return all_go(); }));
  world_.run_for(10s);
  expect_all_complete();
}

// It serves the others' containers, and once its own Engine is there those too, with the feeds that it has.
TEST_F(TwoEngines, AnEngineThatOthersToldOfIsReachedDirectlyOnceItCanBe) {
  net::SimHost& near = world_.host("late");
  world_.lose(near, world_.host("b"));
  start_instance("late", "b");
  SimContainer& db = create(b_, "db");
  write(b_, db);
  world_.run_for(5s);
  follow({"late"}, {&db});
  ASSERT_TRUE(until([this] { return all_go(); }));
  world_.heal_all();
  world_.run_for(30s);
  instance("ib").kill();  // its only host
  world_.run_for(30s);
  EXPECT_EQ(listed(get("late", "/api/containers")).size(), 1U);
  EXPECT_EQ(get("late", "/api/containers/db").status, 200);
  expect_all_complete();
  EXPECT_EQ(stages_[0].tally["status source_down"], 0U);
}

}  // namespace
}  // namespace sim
