#include "docker/container.hpp"

#include <gtest/gtest.h>

#include "docker/timestamp.hpp"

namespace docker {
namespace {

// As 26.1 answers, shortened.
constexpr std::string_view list = R"json([
  {"Id":"1a45","Names":["/other/alias","/tty"],"Image":"demo:1","Created":1795567946,"Labels":{},"State":"running",
   "Status":"Up 1 second (health: starting)"
},
  {"Id":"5b31","Names":["/web"],"Image":"demo:1","Created":1795567946,"State":"exited","Status":"Exited (3) 1 second ago",
   "Labels":{"com.docker.compose.project":"shop","com.docker.compose.service":"web"}},
  {"Id":"5b32","Names":null,"Image":"demo:1","Created":1795567946,"State":"created","Status":"Created","Labels":null}
])json";

TEST(Container, IsReadFromTheList) {
  auto containers = parse_container_list(list);
  ASSERT_TRUE(containers);
  ASSERT_EQ(containers->size(), 3U);
  const Container& tty = containers->at(0);
  EXPECT_EQ(tty.id, "1a45");
  EXPECT_EQ(tty.name, "tty");
  EXPECT_EQ(tty.health, "starting");
  EXPECT_TRUE(tty.running());
  EXPECT_FALSE(tty.exit_code);
  const Container& web = containers->at(1);
  EXPECT_EQ(web.name, "web");
  EXPECT_EQ(web.exit_code, 3);
  EXPECT_EQ(web.project(), "shop");
  EXPECT_EQ(web.service(), "web");
  EXPECT_FALSE(web.running());
  EXPECT_EQ(format_time(web.created), "2026-11-25T00:52:26.000000000Z");
  EXPECT_FALSE(web.inspected);
  EXPECT_EQ(containers->at(2).name, "");
}

TEST(Container, IsReadFromInspectWithHowItLogs) {
  auto web = parse_container_inspect(R"({"Id":"5b31","Created":"2026-11-25T00:52:26.073988964Z","Name":"/web",
    "State":{"Status":"exited","Running":false,"ExitCode":3,"StartedAt":"2026-11-25T00:52:26.393167829Z",
             "FinishedAt":"2026-11-25T00:52:26.395476449Z","Health":{"Status":"unhealthy"}},
    "HostConfig":{"LogConfig":{"Type":"json-file","Config":{"max-size":"1m"}}},
    "Config":{"Tty":true,"Image":"demo:1","Labels":{"a":"b"}}})");
  ASSERT_TRUE(web);
  EXPECT_EQ(web->name, "web");
  EXPECT_EQ(web->image, "demo:1");
  EXPECT_EQ(web->state, "exited");
  EXPECT_EQ(web->health, "unhealthy");
  EXPECT_EQ(web->exit_code, 3);
  EXPECT_EQ(format_time(*web->finished), "2026-11-25T00:52:26.395476449Z");
  EXPECT_TRUE(web->tty);
  EXPECT_EQ(web->log_driver, "json-file");
  EXPECT_EQ(web->log_options.at("max-size"), "1m");
  EXPECT_EQ(web->label("a"), "b");
  EXPECT_TRUE(web->inspected);
}

TEST(Container, ThatNeverRanHasNoTimesAndNoExitCode) {
  auto fresh = parse_container_inspect(R"({"Id":"5b31","Name":"/x","State":{"Status":"created","ExitCode":0,
    "StartedAt":"0001-01-01T00:00:00Z","FinishedAt":"0001-01-01T00:00:00Z"}})");
  ASSERT_TRUE(fresh);
  EXPECT_FALSE(fresh->started);
  EXPECT_FALSE(fresh->finished);
  EXPECT_FALSE(fresh->exit_code);
}

TEST(Container, IsNotReadFromSomethingElse) {
  EXPECT_EQ(parse_container_list("{}").error().fault, base::Fault::protocol);
  EXPECT_EQ(parse_container_list("[{}]").error().fault, base::Fault::protocol);
  EXPECT_EQ(parse_container_list("[").error().fault, base::Fault::protocol);
  EXPECT_EQ(parse_container_inspect("[]").error().fault, base::Fault::protocol);
}

TEST(Container, WhoseBirthLiesBeyondAllTimeHasNone) {
  auto found = parse_container_list(R"([{"Id":"5b31","Created":9223372036854775807}])");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->front().created, net::WallTime());
}

TEST(Container, ARunBeginsHalfWayFromTheEndOfTheOneBefore) {
  using namespace std::chrono_literals;
  Container container;
  const net::WallTime start{1h};
  container.started = start;
  EXPECT_EQ(container.run_border(), start);
  container.finished = start - 10ms;
  EXPECT_EQ(container.run_border(), start - 5ms);
  container.finished = start + 10ms;  // this run's own end
  EXPECT_EQ(container.run_border(), start);
  container.started = net::WallTime::max() - 1s;  // further apart than a duration can say
  container.finished = net::WallTime::min() + 1s;
  EXPECT_EQ(container.run_border().time_since_epoch() / 1s, 0);
}

}  // namespace
}  // namespace docker
