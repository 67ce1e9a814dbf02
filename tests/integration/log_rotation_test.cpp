// Logs that rotate while they are read, on both real Engines and with both drivers that rotate: at a pace nothing is
// lost, and what rotation destroyed is told as gaps.
#include <gtest/gtest.h>

#include <cstdlib>

#include "integration/log_reading.hpp"

namespace integration {
namespace {

using docker::LogEvent;
using docker::LogStream;

class LogRotation : public LogReading {
 protected:
  RunOptions rotating(const std::string& driver, const std::string& max_size) const {
    RunOptions options;
    options.driver = driver;
    options.log_options = {{"max-size", max_size}, {"max-file", "3"}};
    // While 20.10 compresses a file of `local`, plain reads do not show it (docs/log-cursor.md).
    if (driver == "local" && old()) options.log_options.emplace_back("compress", "false");
    return options;
  }
  // Of the first lines nothing is left: the test is of what it says.
  bool rotated(const std::string& id) const { return !docker_logs(socket_, id, LogStream::out).starts_with("0 "); }
  // Where the reader and the container are: for a run whose end is not heard of.
  std::string what_stands(const std::string& id) {
    const docker::LogReaderCounts& counts = reader_->counts();
    return std::to_string(heard_.lines()) + " lines, states: " + heard_.states_text() + ", " +
           std::to_string(counts.reads) + " plain reads, " + std::to_string(counts.follows) +
           " follows; the container is " + ground_.await(client_->inspect(id)).value().state +
           ", and docker logs ends " + last_line(docker_logs(socket_, id, LogStream::out));
  }
  static std::string last_line(std::string text) {
    if (!text.empty()) text.pop_back();
    return text.substr(text.rfind('\n') + 1);
  }
  void print_counts(const std::string& what) const {
    const docker::LogReaderCounts& counts = reader_->counts();
    std::printf(
        "%s, %s: %zu lines, %d gaps, %lu plain reads, %lu follows, %lu suspicions, %lu of %lu records read again\n",
        what.c_str(), GetParam(), heard_.lines(), heard_.gaps, counts.reads, counts.follows, counts.suspected,
        counts.records - counts.fresh, counts.records);
  }
  void paced(const std::string& driver, const std::string& max_size, int lines, const std::string& tail);
  void in_bursts(const std::string& driver, bool stalled);
};

void LogRotation::paced(const std::string& driver, const std::string& max_size, int lines, const std::string& tail) {
  const std::string what = "paced " + driver + " in files of " + max_size;
  SCOPED_TRACE(what);
  heard_ = {};
  const std::string id = run("paced-" + driver + "-" + max_size,
                             "i=0; while [ $i -lt " + std::to_string(lines) + " ]; do echo \"$i out" + tail +
                                 "\"; i=$((i+1)); [ $((i%30)) = 0 ] && sleep 0.02; done",
                             rotating(driver, max_size));
  read(id);
  ASSERT_TRUE(heard_stop()) << what_stands(id);
  EXPECT_TRUE(rotated(id));
  EXPECT_EQ(heard_.judge_numbers(LogStream::out, lines), "");
  EXPECT_EQ(heard_.gaps, 0);
  print_counts(what);
}

// Small files are polled, large ones are polled on 20.10 and followed on 26.1.
TEST_P(LogRotation, PacedRotationLosesNothing) {
  for (const char* driver : {"json-file", "local"}) {
    paced(driver, "50k", 6000, "");
    paced(driver, "1m", 9000, std::string(400, 'x'));
  }
}

// The burst begins when the follow stands. `stalled`: until it is over our loop stands still, so nothing is read.
void LogRotation::in_bursts(const std::string& driver, bool stalled) {
  const std::string what = driver + " in bursts" + (stalled ? ", stalled" : "");
  SCOPED_TRACE(what);
  heard_ = {};
  const std::string id =
      run("bursts-" + driver,
          "trap 'told=yes' USR1; x=oooooooooooooooooooooooooooooooooooooooo; echo \"0 $x\"; i=1; "
          "until [ $told ]; do sleep 0.02; done; "
          "while [ $i -lt 100000 ]; do echo \"$i $x\"; i=$((i+1)); [ $((i%20)) = 0 ] && echo \"$((i/20-1)) err\" >&2; "
          "done",
          rotating(driver, "1m"));
  read(id);
  ASSERT_TRUE(ground_.until([this] { return heard_.count(LogEvent::live) > 0 && heard_.lines() == 1; }));
  engine_->act(id, "kill?signal=USR1");
  if (stalled) {
    ASSERT_EQ(std::system(("docker -H unix://" + socket_ + " wait " + id + " >/dev/null").c_str()), 0);
  }
  ASSERT_TRUE(heard_stop());
  EXPECT_TRUE(rotated(id));
  EXPECT_EQ(heard_.judge_numbers(LogStream::out, 100'000), "");
  EXPECT_EQ(heard_.judge_numbers(LogStream::err, 5'000), "");
  for (LogStream stream : {LogStream::out, LogStream::err})
    EXPECT_TRUE(heard_.text(stream).ends_with(docker_logs(socket_, id, stream))) << "something that is left is missing";
  print_counts(what);
}

// Faster than anybody reads, while the follow stands: what rotation destroyed is told, and nothing that is left is
// missing.
TEST_P(LogRotation, RotationInBurstsIsToldAsGaps) {
  for (const char* driver : {"json-file", "local"}) in_bursts(driver, false);
}

// On 26.1 this is the lag watch's case: the follow that stands skips whole files.
TEST_P(LogRotation, WhatRotatesAwayUnderAStalledReaderIsToldAsGaps) {
  for (const char* driver : {"json-file", "local"}) {
    in_bursts(driver, true);
    EXPECT_GT(heard_.gaps, 0) << driver;
    EXPECT_TRUE(old() || reader_->counts().suspected > 0) << driver;
  }
}

INSTANTIATE_TEST_SUITE_P(Engine, LogRotation, testing::Values("20", "26"),
                         [](const auto& given) { return std::string(given.param); });

}  // namespace
}  // namespace integration
