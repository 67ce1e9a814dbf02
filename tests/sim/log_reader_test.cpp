// docker::LogReader with the simulated Engine, on virtual time: how long it believes a silent doorbell, or a follow
// that does not show where it stands.
#include "docker/log_reader.hpp"

#include <gtest/gtest.h>

#include "net/sim_host.hpp"
#include "net/sim_network.hpp"
#include "net/sim_world.hpp"
#include "sim/sim_engine.hpp"

namespace sim {
namespace {

using namespace std::chrono_literals;

EngineOptions engine_of(Generation generation) {
  EngineOptions options;
  options.generation = generation;
  return options;
}

ContainerOptions that_rotates() {
  ContainerOptions options;
  options.log.max_size = 1'000'000;
  options.log.max_file = 2;
  return options;
}

class LogReaderTest : public testing::Test, public docker::LogSink {
 protected:
  // Before 23.0 a log that rotates is read by plain reads, and a follow only rings.
  explicit LogReaderTest(Generation generation = Generation::docker_20)
      : engine_(far_, {{}, "docker", 2375}, engine_of(generation)), container_(engine_.create(that_rotates())) {
    container_.start();
    EXPECT_TRUE(world_.run_until([this] { return container_.state() == "running"; }, 1s));
    net::Job asking(inspect());
    EXPECT_TRUE(world_.run_until([this] { return source_.has_value(); }, 1s));
    reader_.emplace(client_, *source_, source_->log, *this);
    EXPECT_TRUE(world_.run_until([this] { return reader_->counts().follows == 1; }, 1s));
  }
  net::Task<void> inspect() {
    auto container = co_await client_.inspect(container_.id());
    docker::Position start;
    start.engine = 1;
    source_.emplace(docker::LogSource{std::move(*container), start});
  }

  void on_lines(docker::LogBatch& batch) override { lines_ += batch.lines().size(); }
  void on_gap(const docker::Gap&) override { ++gaps_; }
  void on_state(docker::LogEvent event) override { events_.push_back(event); }

  // How many doorbells are opened while the time passes.
  std::uint64_t opened(net::Duration time) {
    const std::uint64_t before = reader_->counts().follows;
    world_.run_for(time);
    return reader_->counts().follows - before;
  }

  net::SimWorld world_{1};
  net::SimNetwork far_{world_.host("docker").make_loop()};
  net::SimNetwork near_{world_.host("here").make_loop()};
  SimEngine engine_;
  SimContainer& container_;
  docker::Client client_{near_, {{}, "docker", 2375}};
  std::optional<docker::LogSource> source_;
  std::optional<docker::LogReader> reader_;
  std::size_t lines_ = 0, gaps_ = 0;
  std::vector<docker::LogEvent> events_;
};

TEST_F(LogReaderTest, ASilentDoorbellIsOpenedAnewEverMoreSeldom) {
  EXPECT_EQ(opened(900ms), 0U);
  EXPECT_EQ(opened(1s), 1U) << "after a second";
  EXPECT_EQ(opened(2s), 1U) << "two";
  EXPECT_EQ(opened(4s), 1U) << "four";
  world_.run_for(60s);
  EXPECT_EQ(opened(60s), 2U) << "in the end every thirty";
  EXPECT_EQ(engine_.follows_open(), 1U) << "those before are closed";
}

TEST_F(LogReaderTest, BehindALineSilenceIsShortAgain) {
  world_.run_for(60s);
  container_.write(SimStream::out, "a line\n");
  EXPECT_TRUE(world_.run_until([this] { return lines_ == 1; }, 1s));
  EXPECT_GE(opened(1500ms), 1U);
  EXPECT_EQ(gaps_, 0U);
}

class LogFollowTest : public LogReaderTest {
 protected:
  LogFollowTest() : LogReaderTest(Generation::docker_26) {}
};

// The clock went back, and rotation took the place just before a follow began: all that it shows looks old.
TEST_F(LogFollowTest, AFollowThatDoesNotShowItsPlaceIsNotBelieved) {
  container_.write(SimStream::out, "before\n");
  EXPECT_TRUE(world_.run_until([this] { return lines_ == 1; }, 1s));
  world_.host("docker").step_wall_clock(-1h);
  container_.write(SimStream::out, "behind\n");
  EXPECT_TRUE(world_.run_until([this] { return lines_ == 2; }, 5s));
  const std::uint64_t follows = reader_->counts().follows;
  world_.cut(world_.host("docker"), world_.host("here"));
  EXPECT_TRUE(world_.run_until([&] { return reader_->counts().follows > follows; }, 5s));
  for (int i = 0; i < 200; ++i) container_.write(SimStream::out, std::string(16'000, 'x') + "\n");
  ASSERT_LT(container_.log().records().size() - container_.log().oldest_on_disk(), 200U);
  EXPECT_TRUE(world_.run_until([this] { return gaps_ == 1; }, 15s));
  const std::size_t left = container_.log().records().size() - container_.log().oldest_on_disk();
  EXPECT_TRUE(world_.run_until([&] { return lines_ == 2 + left; }, 1s));
}

// Follows that end without a line become rare; the first line of the next run must not wait for that.
TEST_F(LogFollowTest, AContainerThatRunsAgainIsReadWhenTheEventSaysSo) {
  for (int i = 0; i < 5; ++i) {
    container_.restart();
    world_.run_for(60ms);
    ASSERT_TRUE(container_.running());
    reader_->wake();
  }
  container_.write(SimStream::out, "after\n");
  world_.run_for(100ms);
  EXPECT_EQ(lines_, 1U);
}

// The clock went back by more than the run was long: it ended, by that clock, before it began.
TEST_F(LogFollowTest, ARunThatEndedBeforeItBeganIsNotAnother) {
  container_.write(SimStream::out, "a line\n");
  EXPECT_TRUE(world_.run_until([this] { return lines_ == 1; }, 1s));
  reader_.reset();
  engine_.step_clock(-1h);
  container_.kill();
  EXPECT_TRUE(world_.run_until([this] { return container_.state() == "exited"; }, 1s));
  lines_ = 0;
  events_.clear();
  reader_.emplace(client_, *source_, source_->log, *this);
  world_.run_for(1s);
  EXPECT_EQ(lines_, 1U);
  EXPECT_EQ(events_, std::vector{docker::LogEvent::stopped});
}

}  // namespace
}  // namespace sim
