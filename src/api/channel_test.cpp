#include "api/channel.hpp"

#include <gtest/gtest.h>

namespace api {
namespace {

TEST(Channel, a_name_tells_its_family_and_what_it_is_about) {
  const std::tuple<const char*, Family, const char*> table[] = {
      {"container:logs:web", Family::container_logs, "web"},
      {"container:events:0af3", Family::container_events, "0af3"},
      {"container:stats:x", Family::container_stats, "x"},
      {"docker:events", Family::docker_events, ""},
      {"containers", Family::containers, ""},
      {"app:chat:1", Family::app, "chat:1"},
      {"user:bob", Family::user, "bob"},
      {"session:a-1", Family::session, "a-1"},
      {"news", Family::plain, "news"},
      {"containers:x", Family::plain, "containers:x"},
  };
  for (const auto& [name, family, rest] : table) {
    const auto channel = parse_channel(name);
    ASSERT_TRUE(channel) << name;
    EXPECT_EQ(channel->family, family) << name;
    EXPECT_EQ(channel->rest, rest) << name;
  }
}

TEST(Channel, a_name_is_at_most_256_bytes_of_visible_ASCII) {
  EXPECT_TRUE(parse_channel(std::string(256, 'x')));
  for (const std::string& name : {std::string(), std::string(257, 'x'), std::string("a b"), std::string("a\n"),
                                  std::string("grün"), std::string("a\0b", 3), std::string("app:")})
    EXPECT_FALSE(parse_channel(name)) << name;
}

TEST(Channel, a_path_stands_for_a_channel) {
  const std::pair<const char*, const char*> table[] = {
      {"/ws", ""},
      {"/ws/", ""},
      {"/ws/events", "docker:events"},
      {"/ws/containers/web/logs", "container:logs:web"},
      {"/ws/containers/web/events", "container:events:web"},
      {"/ws/containers/web/stats", "container:stats:web"},
      {"/ws/channels/app:x/y", "app:x/y"},
      {"/ws/channels/container:logs:web", "container:logs:web"},
  };
  for (const auto& [path, channel] : table) EXPECT_EQ(channel_of_path(path), std::string(channel)) << path;
  for (const char* path : {"/", "/wss", "/ws/x", "/ws/containers/", "/ws/containers/web", "/ws/containers//logs",
                           "/ws/containers/web/", "/ws/containers/web/logs/", "/ws/channels/", "/api/containers"})
    EXPECT_FALSE(channel_of_path(path)) << path;
}

}  // namespace
}  // namespace api
