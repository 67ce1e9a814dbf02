#include "docker/log_strategy.hpp"

#include <gtest/gtest.h>

namespace docker {
namespace {

TEST(LogStrategy, FollowsWhatNeverRotates) {
  for (int api : {41, 45}) {
    EXPECT_EQ(choose_strategy(api, "json-file", {}).strategy, LogStrategy::follow);
    EXPECT_EQ(choose_strategy(api, "journald", {}).strategy, LogStrategy::follow);
    EXPECT_EQ(choose_strategy(api, "json-file", {{"max-size", "-1"}}).strategy, LogStrategy::follow);
    EXPECT_FALSE(choose_strategy(api, "json-file", {}).rotates);
  }
}

TEST(LogStrategy, WatchesTheLagOfEnginesFrom23On) {
  LogReading reading = choose_strategy(42, "json-file", {{"max-size", "10m"}});
  EXPECT_EQ(reading, (LogReading{LogStrategy::follow_with_lag_watch, true, false, 10'000'000}));
  EXPECT_EQ(choose_strategy(45, "json-file", {{"max-size", "1.5g"}}).file_bytes, 1'500'000'000);
  EXPECT_EQ(choose_strategy(45, "local", {}).file_bytes, 20'000'000);
  EXPECT_EQ(choose_strategy(45, "syslog", {{"cache-max-size", "2m"}}).file_bytes, 2'000'000);
}

TEST(LogStrategy, TakesASizeBeyondAllNumbersAsAVeryLargeOne) {
  LogReading reading = choose_strategy(42, "json-file", {{"max-size", "1" + std::string(40, '0') + "m"}});
  EXPECT_EQ(reading.strategy, LogStrategy::follow_with_lag_watch);
  EXPECT_GE(reading.file_bytes, 1'000'000'000'000'000'000);
  EXPECT_FALSE(choose_strategy(42, "json-file", {{"max-size", "inf"}}).rotates);
}

TEST(LogStrategy, PollsWhereALongLineMayFillWholeFiles) {
  EXPECT_EQ(choose_strategy(45, "json-file", {{"max-size", "999k"}}),
            (LogReading{LogStrategy::poll_with_doorbell, true, false, 0}));
  EXPECT_EQ(choose_strategy(45, "json-file", {{"max-size", "1m"}}).strategy, LogStrategy::follow_with_lag_watch);
}

TEST(LogStrategy, PollsOlderEnginesThatRotate) {
  for (const char* driver : {"local", "syslog"})
    EXPECT_EQ(choose_strategy(41, driver, {}), (LogReading{LogStrategy::poll_with_doorbell, true, true, 0}));
  EXPECT_EQ(choose_strategy(41, "json-file", {{"max-size", "10m"}}).strategy, LogStrategy::poll_with_doorbell);
}

}  // namespace
}  // namespace docker
