#include "docker/events.hpp"

#include <gtest/gtest.h>

namespace docker {
namespace {

TEST(Event, IsReadWithItsActionCutAtTheColon) {
  const auto event = parse_event(
      R"json({"status":"health_status: healthy","id":"5b31","Type":"container","Action":"health_status: healthy",
      "Actor":{"ID":"5b31","Attributes":{"image":"demo:1","name":"web"}},"time":1,"timeNano":1000000002})json");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->type, "container");
  EXPECT_EQ(event->action, "health_status");
  EXPECT_EQ(event->detail, "healthy");
  EXPECT_EQ(event->id, "5b31");
  EXPECT_EQ(event->attributes.at("name"), "web");
  EXPECT_EQ(event->time_ns, 1'000'000'002);
}

TEST(Event, IsReadWithoutTheFieldsThatNewEnginesDropped) {
  const auto event = parse_event(R"({"Type":"container","Action":"die","Actor":{"ID":"5b31"},"timeNano":1})");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->action, "die");
  EXPECT_EQ(event->detail, "");
}

TEST(Event, IsNotReadFromSomethingElse) {
  EXPECT_FALSE(parse_event(""));
  EXPECT_FALSE(parse_event("{}"));
  EXPECT_FALSE(parse_event("[1]"));
  EXPECT_FALSE(parse_event(R"({"Type":"container","Action":":"})"));
}

}  // namespace
}  // namespace docker
