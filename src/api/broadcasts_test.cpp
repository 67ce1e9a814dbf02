#include "api/broadcasts.hpp"

#include <gmock/gmock.h>

#include "bus/memory_bus.hpp"
#include "net/sim_host.hpp"
#include "net/sim_world.hpp"

namespace api {
namespace {

using testing::ElementsAre;

TEST(Broadcasts, AreReadAsTheyWereWritten) {
  const auto read = parse_broadcast("{\"channel\":\"news\",\n \"payload\":{\"a\":\n[1, \"x\"]}}");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->channel, "news");
  EXPECT_EQ(read->payload, R"({"a": [1, "x"]})");
  for (const char* odd :
       {"", "1", "[]", "{}", R"({"channel":"x"})", R"({"channel":1,"payload":1})", R"({"payload":1})", "{"})
    EXPECT_FALSE(parse_broadcast(odd)) << odd;
}

TEST(Broadcasts, ArePassedOnOrDroppedAndCountedByWhatTheyName) {
  net::SimWorld world(1);
  net::SimLoop& loop = world.host("one").make_loop();
  bus::MemoryBus bus(loop);
  std::vector<std::string> told;
  const class Broadcasts broadcasts(bus, [&told](Family, const Broadcast& said) { told.push_back(said.channel); });
  world.run_for(std::chrono::milliseconds(1));
  for (const char* channel : {"news", "app:chat", "user:ann", "session:one-ff-1536", "container:logs:web",
                              "docker:events", "containers", "container:exec:web", "a b", ""})
    bus.publish("=websocket:broadcast", R"({"channel":")" + std::string(channel) + R"(","payload":1})", {});
  bus.publish("=websocket:broadcast", "no JSON", {});
  world.run_for(std::chrono::milliseconds(1));
  EXPECT_THAT(told, ElementsAre("news", "app:chat", "user:ann", "session:one-ff-1536"));
  EXPECT_EQ(broadcasts.counts().malformed, 3U);
  EXPECT_EQ(broadcasts.counts().foreign, 4U);
  const auto heard = [&](Family family) { return broadcasts.counts().heard[static_cast<std::size_t>(family)]; };
  for (const Family family : {Family::plain, Family::app, Family::user, Family::session, Family::container_logs,
                              Family::docker_events, Family::containers, Family::many})
    EXPECT_EQ(heard(family), 1U) << family_names[static_cast<std::size_t>(family)];
}

}  // namespace
}  // namespace api
