// What keeps the simulated Engine honest: the requests of docker-engine.md 3.1-3.6 to a real Engine and to its twin.
#include "integration/engine_twins.hpp"

#include <gtest/gtest.h>

#include "docker/container.hpp"

namespace integration {
namespace {

using sim::LogDriver;
using sim::SimStream;

const std::string both = "stdout=1&stderr=1&timestamps=1";

std::vector<std::string> with_both(const std::vector<std::string>& queries) {
  std::vector<std::string> full;
  for (const auto& query : queries) full.push_back(both + (query.empty() ? "" : "&") + query);
  return full;
}

const std::vector<std::string> tails = {"tail=0", "tail=1",  "tail=2", "tail=3",  "tail=100", "tail=all",
                                        "tail=",  "tail=-1", "tail=x", "tail=1x", "tail=%2B2"};
const std::vector<std::string> times = {
    "since=@0",        "since=@1",          "since=%2B1",      "since=@2+1",        "since=@3-1",
    "until=@0",        "until=@1",          "until=@2-1",      "since=@1&until=@3", "since=@3&until=@1",
    "since=@2&tail=2", "since=@1&tail=100", "until=@1&tail=1", "until=@2&tail=3",   "since=",
    "since=0",         "until=0",           "since=1",         "since=99999999999", "since=@0&until=@3&tail=2"};

TEST_P(EngineTwins, AnswerLogsOfShortLinesAlike) {
  const Pair pair = play("twins-lines", {out("a\n"), err("b\n"), out("c\nd\n"), err("e\n"), out("f\n")});
  same_logs(pair, with_both({"", "timestamps=0", "follow=1", "follow=1&tail=1", "follow=1&tail=0"}));
  same_logs(pair, with_both(tails));
  same_logs(pair, with_both(times));
  same_logs(pair, {"stdout=1", "stderr=1", "stderr=1&tail=1", "stdout=1&tail=1", "stdout=1&tail=2&timestamps=1",
                   "stdout=true&stderr=false", "stdout=0&stderr=1", "stdout=no&stderr=yes",
                   "stdout=1&stderr=1&since=@2", "stderr=1&since=@2&timestamps=1", "stdout=1&until=@1"});
}

TEST_P(EngineTwins, RefuseAlike) {
  const Pair pair = play("twins-refuse", {out("a\n")});
  same_logs(pair, {"", "stdout=0", "stdout=none&stderr=no"});
  same_logs(pair, with_both({"since=2026-01-01T00:00:00Z", "since=x", "until=x", "since=1.x", "until=1.", "since=-"}));
  for (const char* target :
       {"/containers/nothing/logs?stdout=1", "/containers/nothing/logs", "/containers/nothing/json", "/v1.99/_ping",
        "/v1.99/info", "/v1.1/containers/json", "/v1.41/nothing", "/nothing", "/containers/@id",
        "/containers/a%2fb/json", "/containers/json?filters=x", "/events?since=x", "/events?since=10&until=5",
        "/events?filters=x", "/v1.41/events?until=1"}) {
    same_answer(pair, target);
  }
}

TEST_P(EngineTwins, AnswerPingsAlike) {
  for (const char* method : {"GET", "HEAD"}) {
    const auto real = real_->call(method, "/_ping"), twin = ask_twin("/_ping", method);
    EXPECT_EQ(real.status, twin.status);
    EXPECT_EQ(real.body, twin.body);
    for (const char* header : {"Api-Version", "Content-Type", "Ostype"}) {
      EXPECT_EQ(real.headers.get(header), twin.headers.get(header)) << header;
    }
  }
}

// Lines around 16 KiB, pieces with other records between them, what is no UTF-8, and what never ends.
std::vector<Print> long_lines() {
  return {fill(SimStream::out, 'a', 16'383),
          out("\n"),
          fill(SimStream::out, 'b', 16'384),
          out("\n"),
          fill(SimStream::out, 'c', 16'385),
          err("between\n"),
          out("end\n"),
          fill(SimStream::err, 'd', 40'000),
          out("between\n"),
          err("\n"),
          fill(SimStream::out, 'e', 16'383),
          out("\xc3\xa9 split\n"),
          out("\xff\xc3 \xed\xa0\x80 \xf0\x9f\x98\x80\n"),
          out(std::string_view("nul \0 esc \x1b[1m cr \r tab \t\n", 27)),
          out("\n\n"),
          err("never ended")};
}
const std::vector<std::string> long_queries = {
    "",         "tail=1",     "tail=2",           "tail=3",      "tail=4",      "tail=5",
    "tail=6",   "tail=7",     "tail=8",           "tail=9",      "tail=12",     "since=@4",
    "since=@5", "since=@5+1", "since=@8",         "since=@10",   "since=@10+1", "until=@4",
    "until=@5", "until=@10",  "until=@8&tail=12", "timestamps=0"};

TEST_P(EngineTwins, CutLongLinesAlike) { same_logs(play("twins-long", long_lines()), with_both(long_queries)); }

TEST_P(EngineTwins, CutLongLinesOfTheLocalDriverAlike) {
  Setting setting;
  setting.log.driver = LogDriver::local;
  same_logs(play("twins-local", long_lines(), setting), with_both(long_queries));
}

TEST_P(EngineTwins, AnswerLogsOfATerminalAlike) {
  Setting setting;
  setting.tty = true;
  const Pair pair =
      play("twins-tty",
           {out("a\n"), err("b\n"), fill(SimStream::out, 'c', 16'382), out("\n"), fill(SimStream::out, 'd', 16'383),
            out("\n"), fill(SimStream::out, 'e', 40'000), out("\nend")},
           setting);
  same_logs(pair, with_both({"", "tail=1", "tail=2", "tail=3", "tail=4", "since=@1", "since=@3", "until=@3",
                             "timestamps=0", "follow=1"}));
  same_logs(pair, {"stderr=1", "stdout=1&tail=2"});
}

TEST_P(EngineTwins, KeepTheSameFilesOfTheLocalDriver) {
  Setting setting;
  setting.log = {LogDriver::local, 20'000, 3};
  std::vector<Print> prints;
  for (int i = 0; i < 10; ++i) prints.push_back(numbers(300 * i + 1'000, 300));
  const Pair pair = play("twins-rotate", prints, setting);
  EXPECT_LT(pair.real_stamps.size(), 3'000U);
  same_logs(pair, with_both({"", "tail=3", "since=@5", "tail=100000"}));
}

TEST_P(EngineTwins, RefuseToReadWhatIsNotKept) {
  RunOptions options;
  options.driver = "none";
  Pair pair;
  pair.real = real_->create("twins-none", "true", options);
  sim::ContainerOptions twin;
  twin.name = "twins-none";
  twin.log.driver = LogDriver::none;
  pair.twin = twin_->create(twin).id();
  same_logs(pair, {"stdout=1", ""});
}

TEST_P(EngineTwins, SayTheSameOfAContainer) {
  const Pair pair = play("twins-facts", {out("a\n")});
  const std::string one = "/containers/@id/json";
  const auto facts = [&](const http::Reply& reply) {
    auto container = docker::parse_container_inspect(reply.body);
    EXPECT_TRUE(container) << reply.body;
    return container ? std::move(*container) : docker::Container{};
  };
  const auto real = facts(real_->get("/containers/twins-facts/json"));
  const auto twin = facts(ask_twin("/containers/twins-facts/json"));
  EXPECT_EQ(real.id, pair.real);
  EXPECT_EQ(twin.id, pair.twin);
  EXPECT_EQ(real.name, twin.name);
  EXPECT_EQ(real.image, twin.image);
  EXPECT_EQ(real.state, twin.state);
  EXPECT_EQ(real.exit_code, twin.exit_code);
  EXPECT_EQ(real.tty, twin.tty);
  EXPECT_EQ(real.log_driver, twin.log_driver);
  EXPECT_EQ(real.log_options, twin.log_options);
  EXPECT_EQ(real.labels, twin.labels);
  EXPECT_TRUE(twin.started && twin.finished);

  const std::string filter = "&filters=%7B%22name%22%3A%5B%22twins-facts%22%5D%7D";
  for (const std::string all : {"all=1", "all=0"}) {
    const auto real_list = docker::parse_container_list(real_->get("/containers/json?" + all + filter).body);
    const auto twin_list = docker::parse_container_list(ask_twin("/containers/json?" + all + filter).body);
    ASSERT_TRUE(real_list && twin_list);
    ASSERT_EQ(real_list->size(), twin_list->size()) << all;
    if (real_list->empty()) continue;
    EXPECT_EQ(real_list->front().name, twin_list->front().name);
    EXPECT_EQ(real_list->front().state, twin_list->front().state);
    EXPECT_EQ(real_list->front().exit_code, twin_list->front().exit_code);
  }
}

// Those of engine_twins_life_test.cpp too.
INSTANTIATE_TEST_SUITE_P(Engine, EngineTwins, testing::Values("20", "26"),
                         [](const auto& given) { return std::string(given.param); });

}  // namespace
}  // namespace integration
