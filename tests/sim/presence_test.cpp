// Who is on an application channel, as it is told over three instances and one Redis.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/message_instance.hpp"
#include "sim/sim_redis.hpp"
#include "sim/site.hpp"

namespace sim {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
namespace json = boost::json;

class PresenceInACluster : public testing::Test {
 protected:
  PresenceInACluster() {
    for (const char* name : {"i0", "i1", "i2"})
      here_.push_back(std::make_unique<MessageInstance>(world_, name, true, feeds::MessageFeeds::Settings{}));
    const auto connected = [](const auto& each) { return each->bus().state() == bus::State::connected; };
    EXPECT_TRUE(world_.run_until([&] { return std::all_of(here_.begin(), here_.end(), connected); }, 10s));
    watcher_ = here_[0]->follow("chat", {}, true);
    world_.run_for(5s);
  }

  net::SimWorld world_{1};
  Site redis_site_{world_.host("redis")};
  SimRedis redis_{redis_site_.network, net::Endpoint{{}, "redis", 6379}};
  std::vector<std::unique_ptr<MessageInstance>> here_;
  std::uint32_t watcher_ = 0;
};
TEST_F(PresenceInACluster, WhoDoesNotReadWhoComesAndGoesIsNotToldMoreAndMore) {
  here_[0]->stall(watcher_);
  std::vector<std::uint32_t> crowd;
  for (int round = 0; round < 40 && !here_[0]->refused.contains(watcher_); ++round) {
    if (crowd.empty()) {
      for (int i = 0; i < 200; ++i) crowd.push_back(here_[1]->follow("chat"));
    } else {
      for (const std::uint32_t each : std::exchange(crowd, {})) here_[1]->leave(each);
    }
    world_.run_for(3s);
  }
  ASSERT_TRUE(here_[0]->refused.contains(watcher_));
  EXPECT_EQ(here_[0]->refused.at(watcher_).fault, base::Fault::unavailable);
  here_[0]->resume(watcher_);
  world_.run_for(1s);
  std::size_t bytes = 0;
  for (const json::object& each : here_[0]->heard(watcher_)) bytes += json::serialize(each).size();
  EXPECT_GT(bytes, 64u << 10);
  EXPECT_LT(bytes, 128u << 10);
}

TEST_F(PresenceInACluster, WhoComesAndGoesIsToldAlsoWhereAnInstanceDies) {
  const auto changes = [&] {
    std::vector<std::string> said;
    for (const json::object& each : here_[0]->heard(watcher_))
      if (each.at("type") != "message")
        said.push_back(std::string(each.at("type").as_string()) + " " + each.at("session").as_string().c_str());
    return said;
  };
  const std::uint32_t one = here_[1]->follow("chat");
  here_[2]->follow("chat");
  world_.run_for(5s);
  EXPECT_THAT(changes(), ElementsAre("join i1-0", "join i2-0"));
  here_[1]->leave(one);
  world_.run_for(5s);
  EXPECT_THAT(changes(), ElementsAre("leave i1-0"));
  world_.host("i2").kill();
  here_[2].reset();
  world_.run_for(20s);
  EXPECT_THAT(changes(), ElementsAre("leave i2-0"));
}

}  // namespace
}  // namespace sim
