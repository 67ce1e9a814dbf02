// The log cases of docker-engine.md, section 4, on both real Engines: what LogReader and HistoryRead deliver is what
// `docker logs` prints.
#include <gtest/gtest.h>

#include "docker/events.hpp"
#include "docker/history_read.hpp"
#include "integration/log_reading.hpp"

namespace integration {
namespace {

using docker::LogEvent;
using docker::LogStream;

// Both streams, numbered, in a burst.
const std::string burst_lines = "i=0; while [ $i -lt 6000 ]; do echo \"$i out\"; echo \"$i err\" >&2; i=$((i+1)); done";
// Lines of 40,000 characters among short ones of the other stream.
const std::string long_text =
    "x=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; y=; i=0; "
    "while [ $i -lt 625 ]; do y=$y$x; i=$((i+1)); done; "
    "i=0; while [ $i -lt 60 ]; do echo \"$i $y\"; echo \"$i a\" >&2; echo \"$i b\"; echo \"$i b\" >&2; i=$((i+1)); "
    "done";

TEST_P(LogReading, ABurstOnBothStreamsThroughTwentyCuts) {
  for (const char* driver : {"json-file", "local"}) {
    heard_ = {};
    RunOptions options;
    options.driver = driver;
    const std::string id = engine_->create(std::string("burst-") + driver, burst_lines, options);
    network_.cut(20, 60'000);
    engine_->start(id);
    read(id);
    ASSERT_TRUE(heard_stop()) << driver;
    expect_cuts(20);
    expect_what_docker_prints(id);
    EXPECT_EQ(heard_.judge_numbers(LogStream::out, 6000), "") << driver;
    EXPECT_EQ(heard_.judge_numbers(LogStream::err, 6000), "") << driver;
  }
}

// Whoever takes over has nothing but the printed position.
TEST_P(LogReading, ManyReadersInTurnFromThePositionAlone) {
  const std::string id = run("turns", burst_lines + "; " + long_text);
  read(id);
  for (std::size_t lines = 500; heard_.lines() < 12'240; lines = heard_.lines() + 500) {
    ASSERT_TRUE(ground_.until([&] { return heard_.lines() >= std::min<std::size_t>(lines, 12'240); }));
    read_from(id, *docker::Position::parse(heard_.position.print()));
  }
  pause(std::chrono::milliseconds(300));
  expect_what_docker_prints(id);
}

TEST_P(LogReading, LongLinesAmongTheOtherStream) {
  network_.cut(20, 300'000);
  const std::string id = run("long", long_text);
  read(id);
  ASSERT_TRUE(heard_stop());
  expect_cuts(20);
  expect_what_docker_prints(id);
  EXPECT_EQ(heard_.lines(), 240U);
}

// 20.10's `local` ends long lines without a newline, so `docker logs` prints them in one: only the bytes compare.
TEST_P(LogReading, LongLinesOfTheLocalDriver) {
  RunOptions options;
  options.driver = "local";
  const std::string id = run("long-local", long_text + "; echo \"$y\"; echo \"$y\"; echo \"$y\"", options);
  read(id);
  ASSERT_TRUE(heard_stop());
  expect_what_docker_prints(id, !old());
  EXPECT_EQ(heard_.lines(), 243U);
}

TEST_P(LogReading, LongLinesOfATerminal) {
  network_.cut(10, 300'000);
  RunOptions options;
  options.tty = true;
  const std::string id = run("long-tty", long_text, options);
  read(id);
  ASSERT_TRUE(heard_stop());
  EXPECT_EQ(network_.cuts().made(), 10);
  expect_what_docker_prints(id);
  EXPECT_EQ(heard_.lines(), 240U);
}

TEST_P(LogReading, CharactersAcrossThePieceBorder) {
  // 16,383 bytes, then two-byte characters: every border cuts one.
  const std::string id = run("utf8",
                             "x=x; while [ ${#x} -lt 16383 ]; do x=x$x; done; x=$(printf %.16383s $x); "
                             "for i in 1 2 3 4 5; do echo \"$xéé$xéé\"; echo \"$xé\"; done; printf '\\377\\000x\\n'");
  read(id);
  ASSERT_TRUE(heard_stop());
  expect_what_docker_prints(id);
}

TEST_P(LogReading, StopStartAndRestartAreOneStreamWithEndsBetween) {
  const std::string script = "trap 'echo bye; exit 0' TERM; echo hello; while :; do sleep 0.05; done";
  const std::string id = run("runs", script);
  read(id);
  ASSERT_TRUE(ground_.until([&] { return heard_.lines() == 1; }));
  engine_->act(id, "stop");
  ASSERT_TRUE(heard_stop(1));
  engine_->start(id);
  reader_->wake();
  ASSERT_TRUE(ground_.until([&] { return heard_.lines() == 3; }));
  engine_->act(id, "restart");
  reader_->wake();
  ASSERT_TRUE(ground_.until([&] { return heard_.lines() == 5; }));
  engine_->act(id, "kill");
  ASSERT_TRUE(heard_stop(3)) << heard_.states_text();
  expect_what_docker_prints(id);
  EXPECT_EQ(heard_.count(LogEvent::restarted), 2);
  EXPECT_EQ(heard_.count(LogEvent::stopped), 3);
  engine_->remove(id);
  reader_->wake();
  EXPECT_TRUE(ground_.until([&] { return heard_.count(LogEvent::removed) == 1; }));
}

// Whatever happens to the container, the reader looks, as it does in an instance.
class WakeByEvents final : public docker::EventWatch::Listener {
 public:
  explicit WakeByEvents(std::optional<docker::LogReader>& reader) : reader_(reader) {}

 private:
  void on_event(const docker::Event&) override { wake(); }
  void on_resync() override { wake(); }
  void on_missed() override {}
  void on_up() override {}
  void on_down(const base::Error&) override {}
  void wake() {
    if (reader_) reader_->wake();
  }

  std::optional<docker::LogReader>& reader_;
};

// Runs of 500 lines on both streams, with pauses of 0.1 to 1.6 s between, as the Engine makes them.
TEST_P(LogReading, RestartsByPolicyAreOneStreamWithEndsBetween) {
  RunOptions options;
  options.restart_policy = "always";
  const std::string id = engine_->create("restarts",
                                         "i=$(cat /next || echo 0) 2>/dev/null; end=$((i+500)); while [ $i -lt $end ]; "
                                         "do echo \"$i out\"; echo \"$i err\" >&2; i=$((i+1)); done; echo $i >/next",
                                         options);
  WakeByEvents waking(reader_);
  docker::EventWatch watch(*client_, waking);
  engine_->start(id);
  read(id);
  ASSERT_TRUE(ground_.until([&] { return heard_.lines() >= 6'000; }));
  engine_->act(id, "stop");
  for (LogStream stream : {LogStream::out, LogStream::err}) {
    const std::string printed = docker_logs(socket_, id, stream);
    ASSERT_TRUE(ground_.until([&] { return heard_.text(stream).size() >= printed.size(); }));
  }
  ASSERT_TRUE(ground_.until([&] { return !heard_.states.empty() && heard_.states.back() == LogEvent::stopped; }));
  expect_what_docker_prints(id);
  // Runs that are over before anybody looks have no end told of their own.
  const auto& states = heard_.states;
  EXPECT_GE(heard_.count(LogEvent::restarted), 1);
  for (std::size_t n = 0; n < states.size(); ++n)
    EXPECT_TRUE(states[n] != LogEvent::restarted || (n > 0 && states[n - 1] == LogEvent::stopped))
        << heard_.states_text();
}

TEST_P(LogReading, AStoppedContainerIsLeftAlone) {
  const std::string id = run("ended", "echo one");
  engine_->wait(id);
  read(id);
  ASSERT_TRUE(ground_.until([&] { return heard_.lines() == 1; }));
  pause(std::chrono::milliseconds(300));
  const int before = network_.dialed();
  pause(std::chrono::seconds(2));
  EXPECT_LE(network_.dialed() - before, 1);
}

TEST_P(LogReading, ADriverThatKeepsNothingIsSaid) {
  RunOptions options;
  options.driver = "none";
  const std::string id = run("silent", "echo one", options);
  docker::HistoryRead history(*client_, ground_.loop, source_of(id), {});
  auto start = ground_.await(history.start({}));
  ASSERT_FALSE(start);
  EXPECT_EQ(start.error().fault, base::Fault::unsupported);
  EXPECT_FALSE(start.error().message.empty());
}

TEST_P(LogReading, HistoriesAreWhatDockerPrints) {
  const std::string id = run("history", "for i in 1 2 3; do " + burst_lines + "; done");
  engine_->wait(id);
  const docker::LogSource source = source_of(id);
  for (std::uint64_t tail : {0U, 1U, 7U, 100U, 5000U, 100'000U}) {
    docker::HistoryRead history(*client_, ground_.loop, source, {});
    ASSERT_TRUE(ground_.await(history.start(docker::HistoryFrom::range({}, tail))));
    LogListener heard;
    for (;;) {
      auto chunk = ground_.await(history.next());
      ASSERT_TRUE(chunk);
      if ((*chunk)->end()) break;
      ASSERT_FALSE((*chunk)->gap);
      heard.on_lines((*chunk)->batch);
    }
    for (LogStream stream : {LogStream::out, LogStream::err})
      EXPECT_TRUE(heard.text(stream) == docker_logs(socket_, id, stream, "--tail " + std::to_string(tail))) << tail;
  }
}

INSTANTIATE_TEST_SUITE_P(Engine, LogReading, testing::Values("20", "26"),
                         [](const auto& given) { return std::string(given.param); });

}  // namespace
}  // namespace integration
