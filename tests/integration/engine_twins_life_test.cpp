// The twins over time: what they tell of a container's life, and how they follow a log that rotates.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "docker/events.hpp"
#include "docker/log_record.hpp"
#include "docker/timestamp.hpp"
#include "http/target.hpp"
#include "integration/engine_twins.hpp"

namespace integration {
namespace {

using sim::LogDriver;
using sim::SimStream;

// "kill 15", "die 0", "rename /old": what happened, with what is said of it.
// The container is paused and unpaused once. A busy daemon may tell it twice: at the request, and when containerd's
// word of it comes only after the opposite.
std::vector<std::string> told(const std::string& body) {
  std::vector<std::string> told;
  std::set<std::string> pauses;
  for (std::size_t at = 0; at < body.size();) {
    const auto end = std::min(body.find('\n', at), body.size());
    const auto event = docker::parse_event(std::string_view(body).substr(at, end - at));
    at = end + 1;
    EXPECT_TRUE(event);
    if (!event) continue;
    if (event->action.ends_with("pause") && !pauses.insert(event->action).second) continue;
    std::string text = event->attributes.at("name") + " " + event->action;
    for (const char* key : {"signal", "exitCode", "oldName", "image", "kind"}) {
      if (event->attributes.contains(key)) text += " " + event->attributes.at(key);
    }
    if (event->attributes.contains("execDuration")) text += " execDuration";
    told.push_back(std::move(text));
  }
  return told;
}

TEST_P(EngineTwins, TellTheLifeOfAContainerAlike) {
  const auto now = [&] { return docker::seconds_parameter(ground_.loop.wall_now()); };
  const std::string since = now();
  RunOptions options;
  options.labels = {{"kind", "twins"}};
  const std::string id = real_->create("twins-life", "trap 'exit 7' TERM; while :; do sleep 0.02; done", options);
  real_->start(id);
  for (const char* action :
       {"pause", "unpause", "rename?name=twins-old", "restart", "stop", "start", "kill", "start"}) {
    real_->act(id, action);
    if (std::string_view(action) == "kill") real_->wait(id);
  }
  real_->remove(id);
  const std::string brief = real_->create("twins-brief", "exit 3", options);
  real_->start(brief);
  real_->wait(brief);

  sim::ContainerOptions same;
  same.name = "twins-life";
  same.labels = {{"kind", "twins"}};
  auto& twin = twin_->create(same);
  const auto comes = [&](const char* state) {
    EXPECT_TRUE(ground_.until([&] { return twin.settled() && twin.state() == state; })) << state;
  };
  twin.start(), comes("running");
  twin.pause();
  twin.unpause();
  twin.rename("twins-old");
  twin.restart(7), comes("running");
  twin.stop(7), comes("exited");
  twin.start(), comes("running");
  twin.kill(), comes("exited");
  twin.start(), comes("running");
  twin.remove();
  EXPECT_TRUE(ground_.until([&] { return ask_twin("/containers/json?all=1").body == "[]\n"; }));
  same.name = "twins-brief";
  auto& twin_brief = twin_->create(same);
  twin_brief.start();
  twin_brief.exit(3);
  EXPECT_TRUE(ground_.until([&] { return twin_brief.settled() && twin_brief.state() == "exited"; }));

  const auto tells = [&](const std::string& filters) {
    const std::string target =
        "/events?since=" + since + "&until=" + now() + "&filters=" + http::percent_encoded(filters);
    const auto real = told(real_->get(target).body), simulated = told(ask_twin(target).body);
    EXPECT_THAT(simulated, testing::ElementsAreArray(real)) << filters;
    return real.size();
  };
  EXPECT_GT(tells(R"({"type":["container"]})"), 20U);
  EXPECT_GT(tells(R"({"event":["die","start"],"type":["container"]})"), 5U);
  EXPECT_GT(tells(R"({"event":{"pause":true},"type":{"container":true}})"), 0U);
  EXPECT_GT(tells(R"({"label":["kind=twins"],"event":["stop","kill"]})"), 2U);
  EXPECT_EQ(tells(R"({"label":["kind=other"],"type":["container"]})"), 0U);
  EXPECT_GT(tells(R"({"container":["twins-brie"],"type":["container"]})"), 2U);
  EXPECT_EQ(tells(R"({"event":["unheard-of"],"type":["container"]})"), 0U);
}

// How often each number came, in the order of their first coming, and whether that order held.
struct Followed {
  std::size_t distinct = 0, repeats = 0;
  bool ordered = true;
};
Followed followed(const std::string& body) {
  Followed found;
  std::set<std::string> seen;
  std::string last;
  docker::LogRecords records(false);
  docker::LogRecord record;
  records.feed(body);
  while (records.next(record)) {
    std::string line(record.payload);
    if (!seen.insert(line).second) {
      ++found.repeats;
      continue;
    }
    found.ordered &= last < line;
    last = std::move(line);
  }
  found.distinct = seen.size();
  return found;
}

// Rotation under a reader that is never late: docker-engine.md 3.4, the second line of the table and the last but one.
class FollowTwins : public EngineTwins {
 protected:
  static constexpr int bursts = 60, burst = 40, first = 1'000, end = first + bursts * burst;
  static constexpr const char* follow = "/logs?stdout=1&stderr=1&timestamps=1&follow=1";

  static constexpr std::size_t all = bursts * burst;
  static bool exact(const Followed& one) { return one.repeats == 0 && one.ordered && one.distinct == all; }

  // An old Engine may be lucky with its few rotations once; not every time.
  Followed follow_real(const std::string& driver) {
    Followed found = follow_real_once(driver, 0);
    for (int again = 1; old() && exact(found) && again < 5; ++again) found = follow_real_once(driver, again);
    return found;
  }
  Followed follow_real_once(const std::string& driver, int number) {
    const std::string script = "sleep 0.2; i=1000; while [ $i -lt " + std::to_string(end) +
                               " ]; do seq $i $((i + 39)); i=$((i + 40)); sleep 0.02; done";
    RunOptions options;
    options.driver = driver;
    options.log_options = {{"max-size", "20000"}, {"max-file", "3"}};
    const std::string id = real_->create("twins-follow-" + driver + std::to_string(number), script, options);
    real_->start(id);
    return followed(real_->get("/containers/" + id + follow).body);
  }
  Followed follow_twin(LogDriver driver) {
    sim::ContainerOptions options;
    options.name = "twins-follow";
    options.log = {driver, 20'000, 3};
    auto& twin = twin_->create(options);
    twin.start();
    int next = first;
    net::Timer timer;
    std::function<void()> print = [&] {
      if (next == end) return twin.exit(0);
      for (const int until = next + burst; next < until; ++next) {
        twin.write(SimStream::out, std::to_string(next) + "\n");
      }
      timer = ground_.loop.after(std::chrono::milliseconds(20), [&] { print(); });
    };
    timer = ground_.loop.after(std::chrono::milliseconds(200), [&] { print(); });
    return followed(ask_twin("/containers/" + twin.id() + follow).body);
  }
  void record(const char* who, const Followed& one) {
    RecordProperty(who, std::to_string(one.distinct) + " distinct, " + std::to_string(one.repeats) + " repeats");
  }
  void expect_alike(const Followed& real, const Followed& twin) {
    record("real", real);
    record("twin", twin);
    EXPECT_GE(twin_->counts().rotations, 3U);
    for (const auto& one : {real, twin})
      EXPECT_EQ(old(), !exact(one)) << one.distinct << " distinct, " << one.repeats << " repeats";
  }
};

TEST_P(FollowTwins, RepeatOrKeepTheLinesOfAJsonFileAlike) {
  expect_alike(follow_real("json-file"), follow_twin(LogDriver::json_file));
}

// 20.10 goes deaf at none to all of three rotations here: from 675 to all of 2,400 lines, some of them twice.
TEST_P(FollowTwins, LoseOrKeepTheLinesOfTheLocalDriverAlike) {
  expect_alike(follow_real("local"), follow_twin(LogDriver::local));
}

INSTANTIATE_TEST_SUITE_P(Engine, FollowTwins, testing::Values("20", "26"),
                         [](const auto& given) { return std::string(given.param); });

}  // namespace
}  // namespace integration
