// LogReading: the fixture of the tests in which a LogReader reads a container of a real Engine.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>

#include "docker/log_reader.hpp"
#include "integration/cutting_network.hpp"
#include "integration/log_listener.hpp"
#include "integration/real_engine.hpp"

namespace integration {

class LogReading : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    auto endpoint = RealEngine::endpoint(GetParam());
    if (!endpoint) GTEST_SKIP() << "DOCKCAST_TEST_ENGINE_" << GetParam() << " is not set";
    socket_ = endpoint->path;
    engine_.emplace(ground_, *endpoint);
    client_.emplace(network_, *endpoint);
  }
  bool old() const { return std::string_view(GetParam()) == "20"; }

  std::string run(const std::string& name, const std::string& script, const RunOptions& options = {}) {
    const std::string id = engine_->create(name, script, options);
    engine_->start(id);
    return id;
  }
  docker::LogSource source_of(const std::string& id) {
    docker::LogSource source;
    source.container = ground_.await(client_->inspect(id)).value();
    source.log.engine = 1;
    source.log.container = *docker::container_key(id);
    return source;
  }
  void read_from(const std::string& id, const docker::Position& position) {
    reader_.reset();
    reader_.emplace(*client_, source_of(id), position, heard_);
  }
  void read(const std::string& id) { read_from(id, source_of(id).log); }
  // The time in which something must not happen.
  void pause(net::Duration duration) {
    bool over = false;
    net::Timer timer = ground_.loop.after(duration, [&over] { over = true; });
    ASSERT_TRUE(ground_.until([&over] { return over; }));
  }
  bool heard_stop(int times = 1) {
    return ground_.until([&] { return heard_.count(docker::LogEvent::stopped) >= times; });
  }
  // All that were ordered came, about half of them within a frame.
  void expect_cuts(int times) {
    const Cuts& cuts = network_.cuts();
    EXPECT_EQ(cuts.made(), times);
    EXPECT_GE(cuts.within_frames, times / 4);
    EXPECT_GE(cuts.between_frames, times / 4);
  }
  void expect_what_docker_prints(const std::string& id, bool newlines = true) {
    for (docker::LogStream stream : {docker::LogStream::out, docker::LogStream::err}) {
      std::string printed = docker_logs(socket_, id, stream), delivered = heard_.text(stream);
      for (std::string* text : {&printed, &delivered}) {
        if (!newlines) std::erase(*text, '\n');
        std::erase(*text, '\r');  // a terminal's line ends
      }
      const auto differs = std::mismatch(printed.begin(), printed.end(), delivered.begin(), delivered.end());
      EXPECT_TRUE(printed == delivered) << (stream == docker::LogStream::out ? "stdout" : "stderr")
                                        << " differs at byte " << differs.first - printed.begin() << " of "
                                        << printed.size();
    }
    EXPECT_EQ(heard_.gaps, 0);
    EXPECT_TRUE(heard_.chained);
  }

  Ground ground_;
  CuttingNetwork network_{ground_.network, 7};
  std::string socket_;
  std::optional<RealEngine> engine_;
  std::optional<docker::Client> client_;
  LogListener heard_;
  std::optional<docker::LogReader> reader_;
};

}  // namespace integration
