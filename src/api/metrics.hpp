// What the api counts (protocol.md, "Metrics"). One per instance, shared by its serving loops.
#pragma once

#include "api/channel.hpp"
#include "api/limit.hpp"
#include "api/verdict.hpp"
#include "metrics/family.hpp"

namespace api {

// Why an upgrade was refused before it was made.
enum class Refused : std::uint8_t { malformed, host, origin, credentials, draining, full, crowded };
inline constexpr std::array<std::string_view, 7> refused_names = {"malformed", "host", "origin", "credentials",
                                                                  "draining",  "full", "crowded"};
// How a position that a client came back with was recovered.
enum class Recovered : std::uint8_t { full, partial, none };
inline constexpr std::array<std::string_view, 3> recovered_names = {"full", "partial", "none"};

struct Metrics {
  Metrics(metrics::Registry& all, const std::string& instance, const std::string& version)
      : registry(all),
        opened(all,
               {"websocket_connections_total", "WebSocket connections so far.", "channel", {{"instance", instance}}},
               family_names),
        active(all, {"websocket_active_connections", "WebSocket connections now.", "channel", {{"instance", instance}}},
               family_names),
        sent(all, {"websocket_messages_sent_total", "Messages sent to clients.", "channel", {{"instance", instance}}},
             family_names),
        subscriptions(all, {"dockcast_subscriptions", "Channels that sessions follow now.", "channel"}, family_names),
        closes(all, {"dockcast_closes_total", "WebSocket connections that ended, by close code.", "code"},
               counted_closes),
        refused(all, {"dockcast_refused_handshakes_total", "Upgrades refused before they were made.", "reason"},
                refused_names),
        limits(all, {"dockcast_limits_total", "Times that a client ran into a limit (docs/limits.md).", "limit"},
               limit_names),
        resumes(all, {"dockcast_resumes_total", "Subscriptions with a position, by how it was recovered.", "result"},
                recovered_names),
        connections(all.gauge("dockcast_connections", "Client sockets now, HTTP and WebSocket.")),
        bytes(all.counter("dockcast_sent_bytes_total", "Bytes written to client sockets.")),
        blocked(all.counter("dockcast_blocked_sends_total", "Sends that a client's socket did not take whole.")),
        waiting_bytes(all.gauge("dockcast_write_queue_bytes", "Bytes that wait until clients' sockets take them.")),
        drain_remaining(
            all.gauge("dockcast_drain_remaining", "Clients that are still to go while this instance leaves; else 0.")),
        behind(all.counter("dockcast_followers_behind_total", "Followers that fell out of their ring.")) {
    for (std::size_t i = 0; i < latency.size(); ++i) {
      latency[i] =
          &all.histogram("websocket_message_latency_seconds", "From the source's time to the write to the socket.",
                         {.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 60},
                         {{"channel", std::string(family_names[i])}});
    }
    all.gauge("dockcast_build_info", "1, with the version.", {{"version", version}}).set(1);
  }

  metrics::Registry& registry;
  metrics::CounterFamily<Family, family_names.size()> opened;
  metrics::GaugeFamily<Family, family_names.size()> active;
  metrics::CounterFamily<Family, family_names.size()> sent;
  std::array<metrics::Histogram*, feeds::sources> latency;  // by feeds::Source
  metrics::GaugeFamily<Family, family_names.size()> subscriptions;
  metrics::CounterFamily<CountedClose, counted_closes.size()> closes;
  metrics::CounterFamily<Refused, refused_names.size()> refused;
  metrics::CounterFamily<Limit, limit_names.size()> limits;
  metrics::CounterFamily<Recovered, recovered_names.size()> resumes;
  metrics::Gauge& connections;
  metrics::Counter& bytes;
  metrics::Counter& blocked;
  metrics::Gauge& waiting_bytes;
  metrics::Gauge& drain_remaining;
  metrics::Counter& behind;

  std::int64_t websockets() const {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < family_names.size(); ++i) sum += active[static_cast<Family>(i)].value();
    return sum;
  }
};

}  // namespace api
