#include "docker/stats.hpp"

#include <gtest/gtest.h>

#include "docker/timestamp.hpp"

namespace docker {
namespace {

constexpr std::string_view frame = R"json({"read":"2026-01-01T00:00:02.5Z","preread":"2026-01-01T00:00:01.5Z",
  "pids_stats":{"current":3},
  "blkio_stats":{"io_service_bytes_recursive":[{"op":"Read","value":10},{"op":"Write","value":20},{"op":"Sync","value":1},
    {"op":"read","value":1},{"op":"Total","value":30}]},
  "cpu_stats":{"cpu_usage":{"total_usage":1500,"percpu_usage":[1,2]},"system_cpu_usage":14000,"online_cpus":2},
  "precpu_stats":{"cpu_usage":{"total_usage":1000},"system_cpu_usage":10000},
  "memory_stats":{"usage":1000,"limit":4000,"stats":{"total_inactive_file":200,"inactive_file":300}},
  "networks":{"eth0":{"rx_bytes":5,"tx_bytes":7},"eth1":{"rx_bytes":1,"tx_bytes":2}}})json";

std::string with(std::string_view what, std::string_view instead) {
  std::string text(frame);
  const auto at = text.find(what);
  EXPECT_NE(at, text.npos) << what;
  return text.replace(at, what.size(), instead);
}

TEST(Stats, AreCountedAsTheDockerCliCountsThem) {
  const auto stats = parse_stats(frame);
  ASSERT_TRUE(stats);
  EXPECT_EQ(format_time(stats->time), "2026-01-01T00:00:02.500000000Z");
  EXPECT_DOUBLE_EQ(stats->cpu_percent, 25.0);  // 500 of 4000, of two cores
  EXPECT_EQ(stats->memory_bytes, 800U);
  EXPECT_EQ(stats->memory_limit_bytes, 4000U);
  EXPECT_DOUBLE_EQ(stats->memory_percent, 20.0);
  EXPECT_EQ(stats->network_rx_bytes, 6U);
  EXPECT_EQ(stats->network_tx_bytes, 9U);
  EXPECT_EQ(stats->block_read_bytes, 11U);
  EXPECT_EQ(stats->block_write_bytes, 20U);
  EXPECT_EQ(stats->pids, 3U);
}

TEST(Stats, OfCgroupV2CountTheirOwnInactiveFiles) {
  const auto stats = parse_stats(with("\"total_inactive_file\":200,", ""));
  ASSERT_TRUE(stats);
  EXPECT_EQ(stats->memory_bytes, 700U);
}

TEST(Stats, WithMoreInactiveThanUsedAreNotNegative) {
  const auto stats = parse_stats(with("\"total_inactive_file\":200", "\"total_inactive_file\":2000"));
  ASSERT_TRUE(stats);
  EXPECT_EQ(stats->memory_bytes, 1000U);
}

TEST(Stats, WithoutANumberOfCoresCountThem) {
  const auto stats = parse_stats(with(",\"online_cpus\":2", ""));
  ASSERT_TRUE(stats);
  EXPECT_DOUBLE_EQ(stats->cpu_percent, 25.0);
}

TEST(Stats, BehindARestartAreNotNegative) {
  const auto stats = parse_stats(with("\"total_usage\":1500", "\"total_usage\":15"));
  ASSERT_TRUE(stats);
  EXPECT_DOUBLE_EQ(stats->cpu_percent, 0.0);
}

TEST(Stats, OfAContainerWithoutNetworkHaveNone) {
  std::string text(frame);
  text.resize(text.find(",\n  \"networks\""));
  const auto stats = parse_stats(text + "}");
  ASSERT_TRUE(stats);
  EXPECT_EQ(stats->network_rx_bytes, 0U);
}

TEST(Stats, FirstFrameOfARunTellsNothing) {
  EXPECT_FALSE(parse_stats(with(",\"system_cpu_usage\":10000", "")));
  EXPECT_FALSE(parse_stats(with(":10000", ":0")));
}

TEST(Stats, OfAContainerThatDoesNotRunTellNothing) {
  EXPECT_FALSE(parse_stats(with("2026-01-01T00:00:02.5Z", "0001-01-01T00:00:00Z")));
}

TEST(Stats, AreNotReadFromSomethingElse) {
  for (const char* text : {"", "{}", "[]", "{\"message\":\"no\"}", "{\"read\":1}"}) EXPECT_FALSE(parse_stats(text));
}

}  // namespace
}  // namespace docker
