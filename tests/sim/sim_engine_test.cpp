// docker::Client and EventWatch with the simulated Engine, over the real net and the simulated one.
#include "sim/sim_engine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "docker/client.hpp"
#include "docker/log_record.hpp"
#include "net/both_nets.hpp"
#include "sim/sim_writer.hpp"

namespace sim {
namespace {

using base::Fault;
using std::chrono::milliseconds;
using testing::ElementsAre;

class SimEngineTest : public net::OnBothNets {
 protected:
  SimEngineTest() {
    std::string pattern = testing::TempDir() + "sim_engine.XXXXXX";
    folder_ = mkdtemp(pattern.data());
    endpoint_.path = folder_ + "/docker.sock";
    engine_.emplace(network_, endpoint_, EngineOptions{});
    client_.emplace(network_, endpoint_);
  }
  ~SimEngineTest() override {
    engine_.reset();
    std::filesystem::remove_all(folder_);
  }

  SimContainer& running(const std::string& name, ContainerOptions options = {}) {
    options.name = name;
    SimContainer& container = engine_->create(std::move(options));
    container.start();
    EXPECT_TRUE(run_until([&] { return container.state() == "running"; }));
    return container;
  }
  template <class T>
  T await(net::Task<T> task) {
    std::optional<T> result;
    net::Job job(store(std::move(task), result));
    const bool done = run_until([&] { return result.has_value(); });
    CHECK(done);
    return std::move(*result);
  }
  template <class T>
  static net::Task<void> store(net::Task<T> task, std::optional<T>& result) {
    T value = co_await std::move(task);
    result.emplace(std::move(value));
  }
  std::unique_ptr<http::Body> follow(const SimContainer& container) {
    docker::LogQuery query;
    query.follow = true;
    auto body = await(client_->logs(container.id(), query));
    CHECK(body.has_value());
    return std::move(*body);
  }

  std::string folder_;
  net::Endpoint endpoint_;
  std::optional<SimEngine> engine_;
  std::optional<docker::Client> client_;
};

TEST_P(SimEngineTest, IsFoundAndAsked) {
  const auto version = await(client_->version());
  ASSERT_TRUE(version);
  EXPECT_EQ(version->api_minor, 45);
  EXPECT_FALSE(version->before_23());
  EXPECT_EQ(await(client_->identity())->id, "SIMULATED-ENGINE");
  ContainerOptions options;
  options.id = "ab" + std::string(62, '0');
  SimContainer& first = running("first", options);
  options.id = "ac" + std::string(62, '0');
  running("second", options);
  EXPECT_EQ(await(client_->list({}))->size(), 2U);
  EXPECT_EQ(await(client_->resolve("ab"))->container->name, "first");
  const auto several = await(client_->resolve("a"));
  ASSERT_EQ(several->candidates.size(), 2U);
  EXPECT_EQ(several->candidates[0].name, "second");
  EXPECT_EQ(await(client_->resolve("f")).error().fault, Fault::not_found);
  first.exit(3);
  EXPECT_TRUE(run_until([&] { return first.settled(); }));
  EXPECT_EQ(await(client_->inspect("first"))->exit_code, 3);
}

TEST_P(SimEngineTest, EndsAFollowCleanlyAtTheExit) {
  SimContainer& container = running("web");
  auto body = follow(container);
  container.write(SimStream::out, "a\n");
  auto run = await(body->next());
  ASSERT_TRUE(run);
  EXPECT_TRUE(run->ends_with(" a\n"));
  EXPECT_EQ(engine_->follows_open(), 1U);
  container.exit(0);
  run = await(body->next());
  ASSERT_TRUE(run);
  EXPECT_TRUE(run->empty());
  EXPECT_TRUE(run_until([&] { return engine_->follows_open() == 0; }));
}

TEST_P(SimEngineTest, CutsAFollowWhenTheDaemonDiesAndKeepsTheLog) {
  SimContainer& container = running("web");
  auto body = follow(container);
  container.write(SimStream::out, "a\n");
  ASSERT_TRUE(await(body->next()));
  engine_->kill();
  auto run = await(body->next());
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().fault, Fault::closed);
  container.write(SimStream::out, "b\n");  // into its pipe
  EXPECT_FALSE(await(client_->ping()));
  EXPECT_EQ(container.log().records().size(), 1U);
  engine_->start(true);
  EXPECT_TRUE(await(client_->ping()));
  EXPECT_EQ(container.log().records().size(), 2U);
  EXPECT_TRUE(await(client_->inspect("web"))->running());
}

TEST_P(SimEngineTest, NoticesAClientThatLeavesAnIdleFollow) {
  SimContainer& container = running("web");
  auto body = follow(container);
  EXPECT_TRUE(run_until([&] { return engine_->follows_open() == 1; }));
  body.reset();
  EXPECT_TRUE(run_until([&] { return engine_->follows_open() == 0; }));
}

TEST_P(SimEngineTest, AnswersNobodyWhileItIsStalled) {
  SimContainer& container = running("web");
  engine_->stall();
  container.write(SimStream::out, "a\n");
  std::optional<base::Result<docker::Container>> answer;
  net::Job asking(store(client_->inspect("web"), answer));
  run_for(milliseconds(100));
  EXPECT_FALSE(answer);
  EXPECT_TRUE(container.log().records().empty());
  engine_->resume();
  EXPECT_TRUE(run_until([&] { return answer.has_value(); }));
  EXPECT_EQ(container.log().records().size(), 1U);
}

TEST_P(SimEngineTest, IsWrittenByAProcessThatSaysWhoItsLinesAre) {
  WriterOptions options;
  options.lines_per_second = 2'000;
  options.burst_share = 0.05;
  SimContainer& container = running("web");
  SimWriter writer(loop_, container, options);
  ASSERT_TRUE(run_until([&] { return writer.lines() >= 2'000; }));
  container.exit(0);
  ASSERT_TRUE(run_until([&] { return container.settled(); }));
  for (const auto stream : {SimStream::out, SimStream::err}) {
    const auto lines = container.log().lines(stream);
    EXPECT_GT(lines.size(), 100U);
    std::int64_t last = 0;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      const std::string name = (stream == SimStream::out ? "o" : "e") + std::to_string(i + 1) + " ";
      // A line that was torn by another of its stream begins like the first half, which may end within its name;
      // nothing is lost or mixed up.
      const std::string& text = lines[i].text;
      EXPECT_TRUE(text.starts_with(name) || (!text.empty() && name.starts_with(text))) << text.substr(0, 40);
      EXPECT_GT(lines[i].stamp, last);
      last = lines[i].stamp;
    }
  }
}

struct Heard : docker::EventWatch::Listener {
  std::vector<std::string> told;
  void on_event(const docker::Event& event) override { told.push_back(event.action); }
  void on_resync() override { told.emplace_back("RESYNC"); }
  void on_missed() override { told.emplace_back("MISSED"); }
  void on_up() override { told.emplace_back("UP"); }
  void on_down(const base::Error&) override { told.emplace_back("DOWN"); }
};

TEST_P(SimEngineTest, IsWatchedThroughItsDeath) {
  Heard heard;
  docker::EventWatch watch(*client_, heard);
  const auto comes = [&](const char* what) {
    return run_until([&] { return !heard.told.empty() && heard.told.back() == what; });
  };
  ASSERT_TRUE(comes("RESYNC"));
  SimContainer& container = running("web");
  ASSERT_TRUE(comes("start"));
  engine_->kill();
  ASSERT_TRUE(comes("DOWN"));
  EXPECT_FALSE(watch.up());
  engine_->start(true);
  ASSERT_TRUE(comes("RESYNC"));
  container.pause();
  ASSERT_TRUE(comes("pause"));
  EXPECT_THAT(heard.told, ElementsAre("UP", "RESYNC", "create", "start", "DOWN", "UP", "RESYNC", "MISSED", "pause"));
}

TEST_P(SimEngineTest, IsWatchedThroughACutThatLosesNoEvent) {
  Heard heard;
  docker::EventWatch watch(*client_, heard);
  ASSERT_TRUE(run_until([&] { return heard.told.size() == 2; }));
  SimContainer& container = running("web");
  ASSERT_TRUE(run_until([&] { return heard.told.back() == "start"; }));
  engine_->cut_connections();
  container.pause();
  container.unpause();
  ASSERT_TRUE(run_until([&] { return heard.told.back() == "unpause"; }));
  EXPECT_THAT(heard.told, ElementsAre("UP", "RESYNC", "create", "start", "RESYNC", "pause", "unpause"));
}

INSTANTIATE_TEST_SUITE_P(Nets, SimEngineTest, net::both_nets, net::name_of);

}  // namespace
}  // namespace sim
