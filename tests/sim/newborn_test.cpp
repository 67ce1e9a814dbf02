// Who has just started, and who is told of no container while other instances may know one.
#include "sim/two_engines.hpp"

#include <gmock/gmock.h>

namespace sim {
namespace {

using namespace std::chrono_literals;

// An own Engine that was not asked yet is waited for.
TEST_F(TwoEngines, AnInstanceThatHasJustStartedLeavesNobodyOut) {
  create(a_, "web");
  create(b_, "db");
  instance("ib").kill();
  world_.run_for(1s);
  net::SimLink slow;
  slow.latency = 400ms;
  world_.set_link(world_.host("ib"), world_.host("b"), slow);
  instance("ib").start();
  for (int i = 0; i < 20; ++i) {
    world_.run_for(100ms);
    const Answer list = get("ib", "/api/containers");
    ASSERT_EQ(list.status, 200);
    EXPECT_THAT(listed(list), testing::Contains(testing::StartsWith("db "))) << i;
  }
}

TEST_F(TwoEngines, AnInstanceThatDoesNotKnowAllEnginesYetTellsNobodyThatThereIsNone) {
  SimContainer& db = create(b_, "db");
  write(b_, db);
  follow({"ia", "none"}, {&db});
  ASSERT_TRUE(until([this] { return all_go(); }));
  for (const std::string at : {"none", "ia"}) {
    instance(at).kill();
    instance(at).start();
    const net::Instant begun = world_.now();
    for (int status = 0; status != 200;) {
      status = get(at, "/api/containers/db").status;
      ASSERT_TRUE(status == 200 || status == 503) << status;
      ASSERT_LT(world_.now() - begun, 3s);
    }
    ASSERT_TRUE(until([&] { return get(at, "/api/containers/nobody").status == 404; }, 8s));
    EXPECT_FALSE(get(at, "/api/containers").body.as_object().contains("partial"));
  }
  expect_all_complete();
}

// Not even where the others come back to Redis later than it does.
TEST_F(TwoEngines, AnInstanceThatStartsAroundTheReturnOfRedisTellsNobodyThatThereIsNone) {
  create(b_, "db");
  for (const net::Duration before : std::vector<net::Duration>{20s, 2s, 200ms, 0s, -200ms, -2s}) {  // Redis is back
    redis_.stall();
    instance("ia").kill();
    world_.run_for(30s - std::max<net::Duration>(before, 0s));
    if (before > 0s) instance("ia").start();
    world_.run_for(std::max<net::Duration>(before, 0s));
    redis_.resume();
    world_.run_for(std::max<net::Duration>(-before, 0s));
    if (before <= 0s) instance("ia").start();
    const net::Instant begun = world_.now();
    for (int status = 0; status != 200;) {
      status = get("ia", "/api/containers/db").status;
      ASSERT_TRUE(status == 200 || status == 503) << status << ", " << before / 1ms << " ms before";
      ASSERT_LT(world_.now() - begun, 10s);
    }
    EXPECT_TRUE(until([&] { return get("ia", "/api/containers/nobody").status == 404; }, 10s));
    world_.run_for(20s);
  }
}

// Which Engines there are is known also while nobody who knows it can be heard.
TEST_F(TwoEngines, AnInstanceThatStartsWhileAllOthersAreAwayTellsNobodyThatThereIsNone) {
  create(a_, "web");
  create(b_, "db");
  world_.run_for(1s);
  instance("ib").pause();
  instance("none").kill();
  instance("ia").kill();
  world_.run_for(1s);
  instance("ia").start();
  const net::Instant begun = world_.now();
  while (world_.now() - begun < 25s) {
    EXPECT_EQ(get("ia", "/api/containers/db").status, 503);
    world_.run_for(500ms);
  }
  EXPECT_EQ(get("ia", "/api/containers/web").status, 200);
  instance("ib").resume();
  EXPECT_TRUE(until([&] { return get("ia", "/api/containers/db").status == 200; }, 10s));
  EXPECT_TRUE(until([&] { return get("ia", "/api/containers/nobody").status == 404; }, 2s));
}

// Nor where Redis has forgotten everything, to whoever has read there before.
TEST_F(TwoEngines, APositionKnowsAnEngineThatNobodyElseCanSpeakOf) {
  SimContainer& db = create(b_, "db");
  write(b_, db);
  follow({"ia"}, {&db});
  ASSERT_TRUE(until([this] { return all_go(); }));
  world_.run_for(2s);
  start_with_nobody_to_ask();
  EXPECT_EQ(get("ia", "/api/containers/db").status, 404) << "who never read there is told so";
  EXPECT_EQ(failed_, "");
  instance("ib").resume();
  expect_all_complete();
}

// By its name, and over a stream, too; until the instance would have heard of it from others.
TEST_F(TwoEngines, WhoComesBackWithAPositionIsToldToComeAgainForTenMinutes) {
  SimContainer& db = create(b_, "db");
  db.write(SimStream::out, "one\n");
  Ear& ear = listen("ia", "container:logs:db");
  ASSERT_TRUE(until([&ear] { return !ear.position.empty(); }));
  ear.job = {};
  start_with_nobody_to_ask();
  for (const std::string& name : {std::string("db"), db.id()}) {
    const std::string stream = "/api/channels/container:logs:" + name + "/stream";
    EXPECT_EQ(get("ia", stream).status, 404);
    EXPECT_EQ(get("ia", stream + "?since=" + ear.position).status, 503);
    EXPECT_EQ(get("ia", "/api/containers/" + name + "/logs?since=" + ear.position).status, 503);
  }
  for (int i = 0; i < 10; ++i) world_.run_for(60s);
  EXPECT_EQ(get("ia", "/api/channels/container:logs:db/stream?since=" + ear.position).status, 404);
}

// An Engine that went with its only instance is nobody's after a minute.
TEST_F(TwoEngines, AnEngineThatOnlyRedisHasIsForgotten) {
  create(a_, "web");
  for (const char* each : {"ia", "ib", "none"}) instance(each).kill();
  world_.run_for(5s);
  instance("ia").start();
  world_.run_for(50s);
  EXPECT_EQ(get("ia", "/api/containers/nobody").status, 503);
  EXPECT_TRUE(get("ia", "/api/containers").body.as_object().contains("partial"));
  world_.run_for(25s);
  EXPECT_EQ(get("ia", "/api/containers/nobody").status, 404);
  EXPECT_FALSE(get("ia", "/api/containers").body.as_object().contains("partial"));
}

TEST_F(TwoEngines, WhileRedisWasNeverReachedNobodyIsToldThatThereIsNone) {
  create(a_, "web");
  redis_.kill();
  instance("ia").kill();
  instance("ia").start();
  world_.run_for(30s);
  EXPECT_EQ(get("ia", "/api/containers/web").status, 200);
  EXPECT_EQ(get("ia", "/api/containers/nobody").status, 503);
  redis_.start();
  EXPECT_TRUE(until([&] { return get("ia", "/api/containers/nobody").status == 404; }, 12s));
}

}  // namespace
}  // namespace sim
