// docker::Client and EventWatch against real Engines.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "docker/client.hpp"
#include "docker/log_record.hpp"
#include "docker/timestamp.hpp"
#include "integration/real_engine.hpp"

namespace integration {
namespace {

using base::Fault;
using docker::Client;
using testing::ElementsAre;

class EngineClient : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    auto endpoint = RealEngine::endpoint(GetParam());
    if (!endpoint) GTEST_SKIP() << "DOCKCAST_TEST_ENGINE_" << GetParam() << " is not set";
    engine_.emplace(ground_, *endpoint);
    client_.emplace(ground_.network, *endpoint);
  }
  std::string run(const std::string& name, const std::string& script, const RunOptions& options = {}) {
    const std::string id = engine_->create(name, script, options);
    engine_->start(id);
    return id;
  }
  // Everything until the body's end; the error is how it ended.
  base::Result<std::string> body_of(base::Result<std::unique_ptr<http::Body>> opened) {
    if (!opened) return opened.error();
    std::string text;
    for (;;) {
      auto run = ground_.await((*opened)->next());
      if (!run) return run.error();
      if (run->empty()) return text;
      text += *run;
    }
  }
  std::vector<std::string> lines_of(const std::string& body) {
    std::vector<std::string> lines;
    docker::LogRecords records(false);
    docker::LogRecord record;
    records.feed(body);
    while (records.next(record)) lines.emplace_back(record.payload);
    EXPECT_FALSE(records.failed());
    return lines;
  }
  bool old() const { return std::string_view(GetParam()) == "20"; }

  Ground ground_;
  std::optional<RealEngine> engine_;
  std::optional<Client> client_;
};

TEST_P(EngineClient, NegotiatesAndLearnsWhoAnswers) {
  ASSERT_TRUE(ground_.await(client_->ping()));
  const auto version = ground_.await(client_->version());
  ASSERT_TRUE(version);
  EXPECT_EQ(version->major, old() ? 20 : 26);
  EXPECT_EQ(version->api_minor, old() ? 41 : 45);
  EXPECT_FALSE(version->podman);
  const auto identity = ground_.await(client_->identity());
  ASSERT_TRUE(identity);
  EXPECT_GE(identity->id.size(), 32U);
  EXPECT_NE(identity->key, 0U);
}

TEST_P(EngineClient, ListsAndInspects) {
  RunOptions options;
  options.labels = {{"com.docker.compose.project", "shop"}};
  options.log_options = {{"max-size", "1m"}};
  const std::string ended = run("list-ended", "exit 3", options);
  const std::string runs = run("list-runs", "exec sleep 1000");
  EXPECT_EQ(engine_->wait(ended), 3);

  docker::ListQuery query;
  query.labels = {"com.docker.compose.project=shop"};
  EXPECT_TRUE(ground_.await(client_->list(query))->empty());
  query.all = true;
  const auto listed = ground_.await(client_->list(query));
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_EQ(listed->front().id, ended);
  EXPECT_EQ(listed->front().name, "list-ended");
  EXPECT_EQ(listed->front().state, "exited");
  EXPECT_EQ(listed->front().exit_code, 3);

  const auto inspected = ground_.await(client_->inspect("list-ended"));
  ASSERT_TRUE(inspected);
  EXPECT_EQ(inspected->id, ended);
  EXPECT_EQ(inspected->project(), "shop");
  EXPECT_EQ(inspected->log_driver, "json-file");
  EXPECT_EQ(inspected->log_options.at("max-size"), "1m");
  EXPECT_EQ(inspected->exit_code, 3);
  EXPECT_TRUE(inspected->finished);
  EXPECT_TRUE(ground_.await(client_->inspect(runs))->running());
}

TEST_P(EngineClient, ResolvesAnIdANameAPrefixAndTellsTheCandidates) {
  std::vector<std::string> ids;
  for (int i = 0; i < 17; ++i) ids.push_back(engine_->create("resolve-" + std::to_string(i), "true"));
  EXPECT_EQ(ground_.await(client_->resolve("resolve-3"))->container->id, ids[3]);
  EXPECT_EQ(ground_.await(client_->resolve(ids[3]))->container->name, "resolve-3");
  EXPECT_EQ(ground_.await(client_->resolve(ids[3].substr(0, 40)))->container->id, ids[3]);
  // Of 17 ids two begin with the same digit.
  std::sort(ids.begin(), ids.end());
  const auto twin = std::adjacent_find(ids.begin(), ids.end(), [](auto& a, auto& b) { return a[0] == b[0]; });
  const auto several = ground_.await(client_->resolve(twin->substr(0, 1)));
  ASSERT_TRUE(several) << several.error().message;
  EXPECT_FALSE(several->container);
  EXPECT_GE(several->candidates.size(), 2U);
  EXPECT_TRUE(several->candidates[0].id.starts_with(twin->substr(0, 1)));
  for (const char* wrong : {"resolve-nothing", "resolve", "", "../info", "a/b", "a b", "resolve-3?x=1"}) {
    const auto none = ground_.await(client_->resolve(wrong));
    ASSERT_FALSE(none) << wrong;
    EXPECT_EQ(none.error().fault, Fault::not_found) << wrong;
  }
}

TEST_P(EngineClient, TellsRefusalsApartByTheirStatus) {
  const auto fault = [&](const std::string& id, const docker::LogQuery& query) {
    const auto body = ground_.await(client_->logs(id, query));
    return body ? Fault::internal : body.error().fault;
  };
  RunOptions silent;
  silent.driver = "none";
  const std::string unreadable = run("refused-none", "echo x", silent);
  docker::LogQuery neither;
  neither.out = neither.err = false;
  EXPECT_EQ(fault("refused-gone", {}), Fault::not_found);
  EXPECT_EQ(fault(unreadable, neither), Fault::bad_request);
  EXPECT_EQ(fault(unreadable, {}), Fault::unsupported);
}

TEST_P(EngineClient, ReadsALogToItsCleanEnd) {
  const std::string id = run("logs-end", "echo a; echo b; echo c");
  engine_->wait(id);
  docker::LogQuery query;
  auto all = body_of(ground_.await(client_->logs(id, query)));
  ASSERT_TRUE(all);
  EXPECT_THAT(lines_of(*all), ElementsAre("a\n", "b\n", "c\n"));
  query.tail = 1;
  EXPECT_THAT(lines_of(*body_of(ground_.await(client_->logs(id, query)))), ElementsAre("c\n"));

  docker::LogRecords records(false);
  docker::LogRecord record;
  records.feed(*all);
  ASSERT_TRUE(records.next(record) && records.next(record));
  query = {};
  query.since_ns = record.time_ns;
  EXPECT_THAT(lines_of(*body_of(ground_.await(client_->logs(id, query)))), ElementsAre("b\n", "c\n"));
  query.until_ns = record.time_ns;
  EXPECT_THAT(lines_of(*body_of(ground_.await(client_->logs(id, query)))), ElementsAre("b\n"));
}

TEST_P(EngineClient, FollowsALogUntilTheContainerIsStopped) {
  const std::string id = run("logs-follow", "echo a; exec sleep 1000");
  docker::LogQuery query;
  query.follow = true;
  auto opened = ground_.await(client_->logs(id, query));
  ASSERT_TRUE(opened);
  auto first = ground_.await((*opened)->next());
  ASSERT_TRUE(first);
  EXPECT_THAT(lines_of(std::string(*first)), ElementsAre("a\n"));
  engine_->act(id, "kill");
  auto end = ground_.await((*opened)->next());
  ASSERT_TRUE(end) << end.error().message;
  EXPECT_TRUE(end->empty());
}

struct Heard : docker::EventWatch::Listener {
  std::map<std::string, std::vector<std::string>> actions;  // by container
  int resyncs = 0, missed = 0, ups = 0, downs = 0;

  void on_event(const docker::Event& event) override { actions[event.id].push_back(event.action); }
  void on_resync() override { ++resyncs; }
  void on_missed() override { ++missed; }
  void on_up() override { ++ups; }
  void on_down(const base::Error&) override { ++downs; }
};

TEST_P(EngineClient, HearsTheLifeOfAContainer) {
  Heard heard;
  docker::EventWatch watch(*client_, heard);
  ASSERT_TRUE(ground_.until([&] { return heard.resyncs == 1; }));
  const std::string id = engine_->create("events", "trap 'exit 0' TERM; while :; do sleep 0.05; done");
  engine_->start(id);
  for (const char* action : {"pause", "unpause", "stop", "rename?name=events-renamed"}) engine_->act(id, action);
  engine_->remove(id);
  auto& actions = heard.actions[id];
  ASSERT_TRUE(ground_.until([&] { return !actions.empty() && actions.back() == "destroy"; }));
  EXPECT_EQ(heard.ups, 1);
  EXPECT_EQ(heard.downs, 0);
  // Of a pause and its end 26.1 may say twice that they were: for who asked, and when the runtime reports it.
  for (const char* twice : {"pause", "unpause"}) {
    const auto first = std::find(actions.begin(), actions.end(), twice);
    if (first != actions.end()) actions.erase(std::remove(first + 1, actions.end(), twice), actions.end());
  }
  ASSERT_EQ(actions.size(), 9U) << testing::PrintToString(actions);
  std::sort(actions.begin() + 5, actions.begin() + 7);  // `stop` and `die`: their order differs
  EXPECT_THAT(actions, ElementsAre("create", "start", "pause", "unpause", "kill", "die", "stop", "rename", "destroy"));
}

// The last one, for it takes the daemon away and brings it back, with tools/engine.
TEST_P(EngineClient, LivesThroughTheDaemonsDeath) {
  const std::string folder = std::filesystem::path(RealEngine::endpoint(GetParam())->path).parent_path();
  const char* source = std::getenv("DOCKCAST_TEST_SOURCE");
  if (source == nullptr || !std::filesystem::exists(folder + "/dockerd.pid")) {
    GTEST_SKIP() << "not an engine of tools/engine, or DOCKCAST_TEST_SOURCE is not set";
  }
  Heard heard;
  docker::EventWatch watch(*client_, heard);
  const std::string id = run("death", "echo a; exec sleep 1000");
  docker::LogQuery query;
  query.follow = true;
  auto opened = ground_.await(client_->logs(id, query));
  ASSERT_TRUE(opened);
  ASSERT_TRUE(ground_.await((*opened)->next()));
  ASSERT_EQ(std::system(("kill -9 $(cat " + folder + "/dockerd.pid)").c_str()), 0);
  const auto end = ground_.await((*opened)->next());
  EXPECT_FALSE(end);
  EXPECT_TRUE(end || end.error().fault == Fault::closed) << end.error().message;
  EXPECT_TRUE(ground_.until([&] { return heard.downs == 1; }));
  EXPECT_EQ(ground_.await(client_->inspect(id)).error().fault, Fault::refused);
  const std::string again = std::string(source) + "/tools/engine start " + GetParam() + " " + folder + " >/dev/null";
  ASSERT_EQ(std::system(again.c_str()), 0);
  EXPECT_TRUE(ground_.until([&] { return heard.ups == 2; }));
  EXPECT_EQ(heard.resyncs, 2);
  query.follow = false;
  EXPECT_THAT(lines_of(*body_of(ground_.await(client_->logs(id, query)))), ElementsAre("a\n"));
}

INSTANTIATE_TEST_SUITE_P(Engine, EngineClient, testing::Values("20", "26"),
                         [](const auto& given) { return std::string(given.param); });

}  // namespace
}  // namespace integration
