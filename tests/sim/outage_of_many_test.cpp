// Redis goes for a minute where ten instances follow two thousand containers: what that costs the Engine stays within
// its bounds (feeds/lone_reading.hpp), and nobody loses a line. Whole instances on the simulated net.
#include <gtest/gtest.h>

#include <deque>

#include "net/sim_world.hpp"
#include "sim/sim_engine.hpp"
#include "sim/sim_follower.hpp"
#include "sim/sim_instance.hpp"
#include "sim/sim_redis.hpp"
#include "sim/sim_writer.hpp"
#include "sim/site.hpp"

namespace sim {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t instances_wanted = 10, containers_wanted = 2000;
constexpr std::size_t of_a_follower = 100;          // container logs
constexpr std::size_t reads_s = 20, follows = 100;  // settings; of each instance
constexpr std::size_t requests_of_a_read = 3;       // at most: a plain read or two, then the follow

class OutageOfMany : public testing::Test {
 protected:
  OutageOfMany() {
    stage_.settled = [] { return std::int64_t{0}; };
    stage_.fail = [this](const std::string& what) {
      if (failed_.empty()) failed_ = what;
    };
    for (std::size_t i = 0; i < containers_wanted; ++i) {
      ContainerOptions options;
      options.name = "c" + std::to_string(i);
      SimContainer& container = engine_.create(options);
      truths_.emplace_back(container.log(), false);
      container.start();
      writers_.emplace_back(docker_.loop, container,
                            WriterOptions{.lines_per_second = 0.2, .long_share = 0, .burst_share = 0});
    }
    for (std::size_t i = 0; i < instances_wanted; ++i) start_instance(i);
  }

  void start_instance(std::size_t number) {
    app::Settings settings = SimInstance::settings("i" + std::to_string(number));
    settings.feeds.lone = {.reads_s = reads_s, .follows = follows};
    instances_.emplace_back(world_, SimInstance::Options{settings, 1, {{}, "docker", 2375}});
    instances_.back().start();
  }

  // Each container has two, on two instances.
  void follow_all() {
    for (std::size_t i = 0; i < 2 * containers_wanted / of_a_follower; ++i) {
      std::vector<SimFollower::Channel> channels;
      for (std::size_t j = 0; j < of_a_follower; ++j) {
        const std::size_t which = (i * of_a_follower + j) % containers_wanted;
        const std::string& id = engine_.containers()[which]->id();
        channels.push_back({truths_[which], id, id, [] { return false; }, {}});
      }
      SimFollower::Options options;
      options.name = "f" + std::to_string(i);
      options.door = SimFollower::Door::connect;
      stages_.push_back(stage_);
      stages_.back().doors = {instances_[(i + i / 20) % instances_wanted].door()};
      sites_.emplace_back(world_.host(options.name));
      followers_.emplace_back(sites_.back().network, stages_.back(), options, channels);
    }
  }

  std::string incomplete() {
    for (SimFollower& each : followers_)
      if (std::string missing = each.complete(); !missing.empty()) return missing;
    return {};
  }
  bool all_go() const {
    return std::all_of(followers_.begin(), followers_.end(), [](auto& each) { return each.going_for() > 0s; });
  }
  // The most requests for logs in a second of so many.
  std::uint64_t busiest_second(net::Duration time) {
    std::uint64_t most = 0;
    for (const net::Instant end = world_.now() + time; world_.now() < end;) {
      const std::uint64_t before = engine_.counts().logs_requests;
      world_.run_for(1s);
      most = std::max(most, engine_.counts().logs_requests - before);
    }
    return most;
  }

  net::SimWorld world_{1};
  Site docker_{world_.host("docker")}, far_{world_.host("redis")};
  SimEngine engine_{docker_.network, {{}, "docker", 2375}};
  SimRedis redis_{far_.network, {{}, "redis", 6379}};
  Stage stage_;
  std::string failed_;
  std::deque<LogTruth> truths_;
  std::deque<SimWriter> writers_;
  std::deque<SimInstance> instances_;
  std::deque<Stage> stages_;
  std::deque<Site> sites_;
  std::deque<SimFollower> followers_;
};

TEST_F(OutageOfMany, TheEngineIsAskedNoMoreThanItMayBeAndNothingIsLost) {
  world_.run_for(2s);
  follow_all();
  ASSERT_TRUE(world_.run_until([this] { return all_go(); }, 120s)) << failed_;
  world_.run_for(30s);
  ASSERT_EQ(failed_, "");
  EXPECT_EQ(engine_.follows_open(), containers_wanted) << "one reader each";

  redis_.kill();
  const std::uint64_t most = busiest_second(60s);
  EXPECT_LE(most, instances_wanted * reads_s * requests_of_a_read);
  EXPECT_LE(engine_.follows_open(), containers_wanted + instances_wanted * follows);
  EXPECT_EQ(failed_, "");

  redis_.start();
  const std::uint64_t after = busiest_second(30s);
  std::printf("requests for logs in the busiest second: %llu while Redis was away, %llu as it came back\n",
              static_cast<unsigned long long>(most), static_cast<unsigned long long>(after));
  EXPECT_TRUE(world_.run_until([this] { return engine_.follows_open() == containers_wanted; }, 60s))
      << engine_.follows_open() << " follows are open, " << containers_wanted << " containers are followed";
  writers_.clear();
  EXPECT_TRUE(world_.run_until([this] { return incomplete().empty(); }, 60s)) << incomplete();
  EXPECT_EQ(failed_, "");
  EXPECT_TRUE(all_go()) << "every socket stayed";
}

}  // namespace
}  // namespace sim
