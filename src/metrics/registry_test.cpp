#include "metrics/registry.hpp"

#include <gmock/gmock.h>

#include "metrics/family.hpp"

namespace metrics {
namespace {

using testing::HasSubstr;

TEST(Registry, exposes_counters_and_gauges_as_prometheus_text) {
  Registry registry;
  registry.counter("requests_total", "Requests so far.", {{"instance", "a\"b"}}).add(41);
  registry.gauge("connections", "Open now.").set(-3);
  const std::string text = registry.expose();
  EXPECT_THAT(text, HasSubstr("# HELP requests_total Requests so far.\n# TYPE requests_total counter\n"));
  EXPECT_THAT(text, HasSubstr("requests_total{instance=\"a\\\"b\"} 41\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE connections gauge\nconnections -3\n"));
}

TEST(Registry, a_histogram_has_cumulative_buckets_and_counts_a_whole_turn_at_once) {
  Registry registry;
  Histogram& latency = registry.histogram("latency_seconds", "Time.", {0.001, 0.01});
  latency.observe(0.001);
  latency.observe(0.005, 10);
  latency.observe(7);
  const std::string text = registry.expose();
  EXPECT_THAT(text, HasSubstr("latency_seconds_bucket{le=\"0.001\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("latency_seconds_bucket{le=\"0.01\"} 11\n"));
  EXPECT_THAT(text, HasSubstr("latency_seconds_bucket{le=\"+Inf\"} 12\n"));
  EXPECT_THAT(text, HasSubstr("latency_seconds_count 12\n"));
}

TEST(Registry, a_family_has_one_series_for_each_value_of_its_enum) {
  enum class Reason { slow, rude };
  Registry registry;
  const CounterFamily<Reason, 2> family(registry, {"closes_total", "Closes.", "reason", {{"instance", "i"}}},
                                        {"slow", "rude"});
  family[Reason::rude].add();
  EXPECT_EQ(family[Reason::slow].value(), 0U);
  EXPECT_THAT(registry.expose(), HasSubstr("closes_total{reason=\"rude\",instance=\"i\"} 1\n"));
  EXPECT_THAT(registry.expose(), HasSubstr("closes_total{reason=\"slow\",instance=\"i\"} 0\n"));
}

}  // namespace
}  // namespace metrics
