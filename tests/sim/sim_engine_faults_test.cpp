// What only virtual time can show of the simulated Engine: that each of its faults really happens, and that a seed
// replays; and of EventWatch, that it notices an Engine that vanished without a word.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "docker/client.hpp"
#include "net/sim_host.hpp"
#include "net/sim_network.hpp"
#include "net/sim_world.hpp"
#include "sim/sim_engine.hpp"
#include "sim/sim_writer.hpp"

namespace sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;

// A client on one machine, an Engine on another.
class Faults : public testing::Test {
 protected:
  void open(std::uint64_t seed, EngineOptions options) {
    close();
    world_ = std::make_unique<net::SimWorld>(seed);
    here_ = &world_->host("client");
    there_ = &world_->host("engine");
    near_ = std::make_unique<net::SimNetwork>(here_->make_loop());
    far_ = std::make_unique<net::SimNetwork>(there_->make_loop());
    net::Endpoint endpoint;
    endpoint.host = "engine";
    endpoint.port = 2375;
    engine_ = std::make_unique<SimEngine>(*far_, endpoint, options);
    client_ = std::make_unique<docker::Client>(*near_, endpoint);
  }
  void close() {
    client_.reset();
    engine_.reset();
    far_.reset();
    near_.reset();
    world_.reset();
  }
  ~Faults() override { close(); }

  // Follows the log until its end, and takes 16 KiB at most every `pause`.
  net::Task<void> read_slowly(std::string id, net::Duration pause, std::uint64_t& bytes) {
    docker::LogQuery query;
    query.follow = true;
    auto body = co_await client_->logs(id, query);
    for (; body; co_await near_->loop().sleep(pause)) {
      auto run = co_await (*body)->next();
      if (!run || run->empty()) break;
      bytes += run->size();
    }
  }
  // Bursts through small files, read by somebody who is slow, then an exit right behind the last one.
  EngineCounts rotate(std::uint64_t seed, Generation generation) {
    EngineOptions options;
    options.generation = generation;
    options.late_chance = 0.2;
    options.reorder_chance = 0.01;
    open(seed, options);
    ContainerOptions web;
    web.name = "web";
    web.log = {LogDriver::json_file, 20'000, 3};
    SimContainer& container = engine_->create(web);
    container.start();
    WriterOptions writing;
    writing.burst_share = 0.1;
    SimWriter writer(far_->loop(), container, writing);
    world_->run_for(milliseconds(5));
    std::uint64_t bytes = 0;
    net::Job reading(read_slowly(container.id(), milliseconds(20), bytes));
    world_->run_for(seconds(3));
    container.exit(0);
    EXPECT_TRUE(world_->run_until([&] { return !reading.running(); }, seconds(60)));
    EXPECT_GT(bytes, 0U);
    return engine_->counts();
  }

  std::unique_ptr<net::SimWorld> world_;
  net::SimHost* here_ = nullptr;
  net::SimHost* there_ = nullptr;
  std::unique_ptr<net::SimNetwork> near_, far_;
  std::unique_ptr<SimEngine> engine_;
  std::unique_ptr<docker::Client> client_;
};

TEST_F(Faults, OfBothEnginesHappenUnderASlowReader) {
  EngineCounts old, recent;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto add = [](EngineCounts& sum, const EngineCounts& one) {
      sum.rotations += one.rotations;
      sum.out_of_order += one.out_of_order;
      sum.follow.files_skipped += one.follow.files_skipped;
      sum.follow.replays += one.follow.replays;
      sum.follow.tails_lost_at_exit += one.follow.tails_lost_at_exit;
    };
    add(old, rotate(seed, Generation::docker_20));
    add(recent, rotate(seed, Generation::docker_26));
  }
  for (const auto& counts : {old, recent}) {
    EXPECT_GT(counts.rotations, 100U);
    EXPECT_GT(counts.out_of_order, 0U);
    EXPECT_GT(counts.follow.files_skipped, 0U);
  }
  EXPECT_GT(old.follow.replays, 0U);
  EXPECT_GT(old.follow.tails_lost_at_exit, 0U);
  EXPECT_EQ(recent.follow.replays, 0U);
  EXPECT_EQ(recent.follow.tails_lost_at_exit, 0U);
}

TEST_F(Faults, ReplayWithTheirSeed) {
  const auto trace = [&](std::uint64_t seed) {
    rotate(seed, Generation::docker_20);
    const auto found = std::pair(world_->trace(), engine_->containers().front()->log().records().size());
    close();
    return found;
  };
  const auto first = trace(7);
  EXPECT_EQ(trace(7), first);
  EXPECT_NE(trace(8), first);
}

TEST_F(Faults, StepTheClockThatStampsRecords) {
  open(1, {});
  ContainerOptions web;
  web.name = "web";
  SimContainer& container = engine_->create(web);
  container.start();
  container.write(SimStream::out, "a\n");
  engine_->step_clock(-seconds(5));
  container.write(SimStream::out, "b\n");
  there_->step_wall_clock(-seconds(5));
  container.write(SimStream::out, "c\nd\n");
  const auto& records = container.log().records();
  ASSERT_EQ(records.size(), 4U);
  EXPECT_LT(records[1].stamp, records[0].stamp - 4'000'000'000);
  EXPECT_LT(records[2].stamp, records[1].stamp - 4'000'000'000);
  EXPECT_GT(records[3].stamp, records[2].stamp);
}

TEST_F(Faults, LoseTheProcessWithTheDaemonUnlessItLivesOn) {
  open(1, {});
  ContainerOptions web;
  web.name = "web";
  SimContainer& container = engine_->create(web);
  container.start();
  world_->run_for(milliseconds(10));
  engine_->kill();
  container.write(SimStream::out, "lost with it\n");
  engine_->start(false);
  EXPECT_EQ(container.state(), "exited");
  EXPECT_TRUE(container.log().records().empty());
  container.start();
  world_->run_for(milliseconds(10));
  EXPECT_EQ(container.state(), "running");
}

struct Heard : docker::EventWatch::Listener {
  std::vector<std::string> told;
  void on_event(const docker::Event& event) override { told.push_back(event.action); }
  void on_resync() override { told.emplace_back("RESYNC"); }
  void on_missed() override { told.emplace_back("MISSED"); }
  void on_up() override { told.emplace_back("UP"); }
  void on_down(const base::Error&) override { told.emplace_back("DOWN"); }
};

TEST_F(Faults, OfALineThatWentSilentAreNoticed) {
  open(1, {});
  Heard heard;
  docker::EventWatch watch(*client_, heard);
  const auto comes = [&](const char* what, net::Duration within) {
    return world_->run_until([&] { return !heard.told.empty() && heard.told.back() == what; }, within);
  };
  ASSERT_TRUE(comes("RESYNC", seconds(1)));
  world_->lose(*there_, *here_);
  world_->lose(*here_, *there_);
  ASSERT_TRUE(comes("DOWN", seconds(21)));
  world_->heal_all();
  ASSERT_TRUE(comes("RESYNC", seconds(40)));
  EXPECT_THAT(heard.told, ElementsAre("UP", "RESYNC", "DOWN", "UP", "RESYNC"));
}

TEST_F(Faults, DoNotKeepAWatchFromListingAnewEveryMinute) {
  open(1, {});
  Heard heard;
  docker::EventWatch watch(*client_, heard);
  world_->run_for(seconds(130));
  EXPECT_THAT(heard.told, ElementsAre("UP", "RESYNC", "RESYNC", "RESYNC"));
}

}  // namespace
}  // namespace sim
