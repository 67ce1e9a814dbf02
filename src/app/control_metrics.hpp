// ControlMetrics: what is counted where Docker, bus and feeds are (protocol.md, "Metrics"). Thread: the control loop,
// once a second.
#pragma once

#include "app/cluster.hpp"
#include "app/messaging.hpp"
#include "feeds/feeds.hpp"
#include "metrics/family.hpp"

namespace app {

class ControlMetrics {
 public:
  explicit ControlMetrics(metrics::Registry& all);
  // `feeds`: of each Engine that has ever answered.
  void update(const std::vector<feeds::Feeds*>& feeds, const Messaging::Facts& messaging, const Cluster& cluster,
              bool engine_answers);

 private:
  // What somebody else counts, told to a counter of the registry.
  struct Told {
    metrics::Counter& counter;
    // A part of it may be forgotten, with an Engine.
    void up_to(std::uint64_t total) {
      if (total > counter.value()) counter.add(total - counter.value());
    }
  };
  enum class Reader : std::uint8_t { owning, relaying, pulling, degraded };
  enum class Dropped : std::uint8_t { malformed, oversized, foreign, version };
  enum class Kind : std::uint8_t { app, plain };

  metrics::GaugeFamily<Reader, 4> readers_;
  metrics::Gauge& followers_;
  metrics::Counter& shared_reads_;
  metrics::CounterFamily<feeds::GapReason, feeds::gap_reasons.size()> gap_lines_;
  metrics::Counter& duplicates_;
  metrics::Gauge& engine_;
  metrics::Gauge& canary_ms_;
  metrics::Gauge& lag_us_;
  metrics::CounterFamily<Dropped, 4> dropped_;
  metrics::CounterFamily<api::Family, api::family_names.size()> broadcasts_;
  metrics::GaugeFamily<Kind, 2> message_channels_;
  metrics::Counter& dials_;
  metrics::Gauge& pending_;
  metrics::Counter& refused_;
  metrics::Counter& timed_out_;
  metrics::Counter& deaf_;
};

}  // namespace app
