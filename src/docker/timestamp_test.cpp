#include "docker/timestamp.hpp"

#include <gtest/gtest.h>

namespace docker {
namespace {

std::int64_t nanoseconds(std::string_view text) {
  const auto time = parse_time(text);
  return time ? time->time_since_epoch().count() : -1;
}

TEST(Timestamp, ReadsWhatDockerWrites) {
  EXPECT_EQ(nanoseconds("1970-01-01T00:00:01.000000002Z"), 1'000'000'002);
  EXPECT_EQ(nanoseconds("1970-01-01T00:00:01.5Z"), 1'500'000'000);
  EXPECT_EQ(nanoseconds("1970-01-01T00:00:01Z"), 1'000'000'000);
  EXPECT_EQ(nanoseconds("1970-01-01T01:30:01+01:30"), 1'000'000'000);
  EXPECT_EQ(nanoseconds("1969-12-31T22:30:01-01:30"), 1'000'000'000);
  EXPECT_EQ(nanoseconds("1970-01-01T00:00:00.1234567899Z"), 123'456'789);
}

TEST(Timestamp, RefusesWhatIsNoTime) {
  for (const char* wrong : {"", "0001-01-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01",
                            "2026-01-01 00:00:00Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z",
                            "2026-01-01T00:00:00Zx", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00+1:00", "now"}) {
    EXPECT_FALSE(parse_time(wrong)) << wrong;
  }
}

TEST(Timestamp, WritesNineDigitsAlways) {
  const net::WallTime time{net::Duration(1'767'225'600'000'000'007)};
  EXPECT_EQ(format_time(time), "2026-01-01T00:00:00.000000007Z");
  EXPECT_EQ(parse_time(format_time(time)), time);
  for (const char* text : {"1678-01-01T00:00:00.100000000Z", "1969-12-31T23:59:59.999999999Z",
                           "2261-12-31T23:59:59.987654321Z", "2024-02-29T12:34:56.000000000Z"})
    EXPECT_EQ(format_time(parse_time(text).value()), text);
  EXPECT_EQ(seconds_parameter(time), "1767225600.000000007");
  EXPECT_EQ(seconds_parameter(net::WallTime{}), "0.000000000");
}

}  // namespace
}  // namespace docker
