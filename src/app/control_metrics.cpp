#include "app/control_metrics.hpp"

namespace app {

using namespace std::chrono_literals;

ControlMetrics::ControlMetrics(metrics::Registry& all)
    : readers_(all,
               {"dockcast_channels", "Channels with work here: those read from Docker, and those relayed.", "role"},
               {"owning", "relaying", "pulling", "degraded"}),
      followers_(all.gauge("dockcast_followers", "Followers of container logs.")),
      shared_reads_(
          all.counter("dockcast_shared_history_reads_total",
                      "Times that a follower of a log caught up by a read of Docker that another had begun.")),
      gap_lines_(all,
                 {"dockcast_gap_lines_total",
                  "Lines and messages that followers were told are missing; at least one for each gap.", "reason"},
                 feeds::gap_reasons),
      duplicates_(all.counter("dockcast_duplicates_dropped_total",
                              "Lines and messages that reached this instance a second time and went no further.")),
      engine_(all.gauge("dockcast_engine_up", "1 while the Docker Engine answers.")),
      canary_ms_(all.gauge("dockcast_canary_age_milliseconds",
                           "Since the slowest Redis subscription heard what we published to ourselves; -1: never.")),
      lag_us_(all.gauge("dockcast_bus_lag_microseconds",
                        "From publishing to hearing it, on the slowest Redis subscription; -1: not heard yet.")),
      dropped_(all, {"dockcast_bus_dropped_total", "Bus messages that could not be used.", "reason"},
               {"malformed", "oversized", "foreign", "version"}),
      broadcasts_(all,
                  {"dockcast_broadcasts_total",
                   "What other back-ends said on websocket:broadcast, by the channel's family.", "channel"},
                  api::family_names),
      message_channels_(
          all, {"dockcast_message_channels", "Application and plain channels that are followed here.", "channel"},
          {"app", "plain"}),
      dials_(all.counter("dockcast_redis_dials_total", "Connections to Redis that were begun.")),
      pending_(all.gauge("dockcast_redis_pending_commands", "Commands that wait for Redis' answer now.")),
      refused_(all.counter("dockcast_redis_refused_total", "Commands that found too many waiting before them.")),
      timed_out_(all.counter("dockcast_redis_timeouts_total", "Times that Redis did not answer within two seconds.")),
      deaf_(all.counter("dockcast_redis_deaf_total",
                        "Subscriptions that were made anew since they did not hear what Redis had confirmed.")) {}

void ControlMetrics::update(const std::vector<feeds::Feeds*>& feeds, const Messaging::Facts& messaging,
                            const Cluster& cluster, bool engine_answers) {
  engine_.set(engine_answers ? 1 : 0);
  feeds::LogFeeds::Facts all;
  feeds::BusCounts undecodable;
  std::uint64_t shared_reads = 0;
  feeds::LossCounts losses = messaging.losses;
  for (const feeds::Feeds* each : feeds) {
    const feeds::LogFeeds::Facts facts = each->logs().facts();
    all.owning += facts.owning;
    all.relaying += facts.relaying;
    all.pulling += facts.pulling;
    all.degraded += facts.degraded;
    all.followers += facts.followers;
    undecodable.malformed += each->undecodable().malformed;
    undecodable.version += each->undecodable().version;
    shared_reads += each->logs().counts().shared_reads;
    losses.add(each->logs().counts().losses);
  }
  readers_[Reader::owning].set(static_cast<std::int64_t>(all.owning));
  readers_[Reader::relaying].set(static_cast<std::int64_t>(all.relaying));
  readers_[Reader::pulling].set(static_cast<std::int64_t>(all.pulling));
  readers_[Reader::degraded].set(static_cast<std::int64_t>(all.degraded));
  followers_.set(static_cast<std::int64_t>(all.followers));
  Told{shared_reads_}.up_to(shared_reads);
  for (std::size_t i = 0; i < feeds::gap_reasons.size(); ++i)
    Told{gap_lines_[static_cast<feeds::GapReason>(i)]}.up_to(losses.lines[i]);
  Told{duplicates_}.up_to(losses.duplicates);
  Told{dropped_[Dropped::malformed]}.up_to(undecodable.malformed + messaging.broadcasts.malformed +
                                           messaging.undecodable);
  Told{dropped_[Dropped::version]}.up_to(undecodable.version);
  Told{dropped_[Dropped::foreign]}.up_to(messaging.broadcasts.foreign);
  for (std::size_t i = 0; i < api::family_names.size(); ++i)
    Told{broadcasts_[static_cast<api::Family>(i)]}.up_to(messaging.broadcasts.heard[i]);
  message_channels_[Kind::app].set(static_cast<std::int64_t>(messaging.kept));
  message_channels_[Kind::plain].set(static_cast<std::int64_t>(messaging.plain));
  if (const bus::RedisBus* bus = cluster.redis_bus()) {
    const bus::RedisBus::Counts counts = bus->counts();
    Told{dropped_[Dropped::oversized]}.up_to(counts.oversized_in + counts.oversized_out);
    const redis::Client::Counts commands = cluster.commands()->counts();
    Told{dials_}.up_to(counts.dials + commands.dials);
    pending_.set(static_cast<std::int64_t>(counts.pending + commands.pending));
    Told{refused_}.up_to(counts.refused + commands.refused);
    Told{timed_out_}.up_to(counts.timed_out + commands.timed_out);
    Told{deaf_}.up_to(counts.deaf);
    const auto age = bus->canary_age();
    canary_ms_.set(age ? *age / 1ms : -1);
    const auto lag = bus->lag();
    lag_us_.set(lag ? *lag / 1us : -1);
  }
}

}  // namespace app
