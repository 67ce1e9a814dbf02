#include "api/log_options.hpp"

#include <gtest/gtest.h>

namespace api {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t s = 1'000'000'000;
const net::WallTime now{1'700'000'000s};

base::Result<LogOptions> parse(std::vector<Option> options) { return parse_log_options(options, now); }

std::optional<std::int64_t> since(std::string value) {
  const auto parsed = parse({{"since", std::move(value)}});
  return parsed ? parsed->start.since_ns : std::nullopt;
}

TEST(LogOptions, nothing_said_means_both_streams_and_the_whole_log) {
  const auto parsed = parse({{"colour", "red"}, {"since", ""}, {"tail", ""}, {"stdout", ""}});
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->out && parsed->err);
  EXPECT_FALSE(parsed->start.after || parsed->start.since_ns || parsed->start.tail);
}

TEST(LogOptions, since_is_a_time_as_RFC_3339_or_Unix_seconds) {
  EXPECT_EQ(since("2023-11-14T22:13:20.000000001Z"), 1'700'000'000 * s + 1);
  EXPECT_EQ(since("2023-11-14T23:13:20+01:00"), 1'700'000'000 * s);
  EXPECT_EQ(since("1700000000"), 1'700'000'000 * s);
  EXPECT_EQ(since("1700000000.25"), 1'700'000'000 * s + s / 4);
  EXPECT_EQ(since("0"), 0);
}

TEST(LogOptions, since_is_a_duration_counted_back_from_now) {
  EXPECT_EQ(since("10m"), 1'700'000'000 * s - 600 * s);
  EXPECT_EQ(since("1h30m"), 1'700'000'000 * s - 5400 * s);
  EXPECT_EQ(since("1.5h"), 1'700'000'000 * s - 5400 * s);
  EXPECT_EQ(since("250ms"), 1'700'000'000 * s - s / 4);
  EXPECT_EQ(since("1000000h"), 0);
}

TEST(LogOptions, since_is_a_position) {
  docker::Position position;
  position.engine = 7;
  position.marks[0] = {5, 1};
  const auto parsed = parse({{"since", position.print()}});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->start.after, position);
  EXPECT_FALSE(parsed->start.since_ns);
}

TEST(LogOptions, a_bad_since_is_refused_with_a_sentence_that_says_what_it_can_be) {
  for (const char* value : {"p1.", "p1.!!", "yesterday", "-5", "10 m", "5x", "1h30", "1.h", ".5h", "+1", "10m5",
                            "99999999999", "2023-13-14T22:13:20Z", "9999999999999999999s", "1e3"}) {
    const auto parsed = parse({{"since", value}});
    ASSERT_FALSE(parsed) << value;
    EXPECT_EQ(parsed.error().fault, base::Fault::bad_request);
    EXPECT_NE(parsed.error().message.find("since"), std::string::npos);
  }
}

TEST(LogOptions, tail_is_all_or_a_number) {
  EXPECT_FALSE(parse({{"tail", "all"}})->start.tail);
  EXPECT_EQ(parse({{"tail", "200"}})->start.tail, 200U);
  EXPECT_EQ(parse({{"tail", "0"}})->start.tail, 0U);
  for (const char* value : {"-1", "ten", "1.5", "10 ", "99999999999999999999", "0x10"})
    EXPECT_FALSE(parse({{"tail", value}})) << value;
}

TEST(LogOptions, streams_are_switched_with_true_false_1_and_0) {
  EXPECT_FALSE(parse({{"stderr", "false"}})->err);
  EXPECT_FALSE(parse({{"stdout", "0"}})->out);
  EXPECT_TRUE(parse({{"stdout", "1"}, {"stderr", "False"}})->out);
  EXPECT_FALSE(parse({{"stdout", "yes"}}));
}

TEST(LogOptions, without_any_stream_there_is_nothing_to_follow) {
  EXPECT_FALSE(parse({{"stdout", "0"}, {"stderr", "0"}}));
}

TEST(LogOptions, of_several_with_one_name_the_first_counts) {
  EXPECT_EQ(parse({{"tail", "1"}, {"tail", "2"}})->start.tail, 1U);
}

}  // namespace
}  // namespace api
