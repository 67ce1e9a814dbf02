#include "api/health.hpp"

#include "api/message.hpp"

namespace api {
namespace {

http::Response json(int status, std::string body) {
  return {status, {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}}, std::move(body)};
}

// Why this instance itself cannot do its work; empty where it can. Faults that all instances share are none of these:
// taking every instance out of the balancer helps nobody.
std::string_view own_fault(const Vitals& vitals) {
  if (vitals.draining) return "This instance is draining.";
  if (!vitals.loops_turn) return "A loop stands still.";
  if (vitals.facts.at == net::Instant{}) return "This instance is starting.";
  if (vitals.now - vitals.facts.at > beat_limit) return "The control loop stands still.";
  if (!vitals.facts.engine_answered && !vitals.facts.bus_connected)
    return "Neither Docker nor Redis was reached since the start.";
  if (vitals.facts.deaf_in_a_row >= deaf_in_a_row_max)
    return "Redis confirms what this instance publishes, but none of it comes back to its subscriptions.";
  return {};
}

// What is wrong below it.
std::string shared_fault(const Facts& facts) {
  std::string fault;
  if (facts.bus == bus::State::down) fault = "Redis does not answer: " + facts.bus_reason;
  if (!facts.engine_answers) fault += std::string(fault.empty() ? "" : " ") + "The Docker Engine does not answer.";
  return fault;
}

std::string_view name_of(bus::State state) {
  switch (state) {
    case bus::State::connected:
      return "connected";
    case bus::State::down:
      return "down";
    case bus::State::embedded:
      break;
  }
  return "embedded";
}

}  // namespace

bool Beats::all_within(net::Duration limit, net::Instant now) const {
  for (const auto& beat : beats_) {
    const std::int64_t at = beat.load(std::memory_order_relaxed);
    if (at != 0 && now - net::Instant(net::Duration(at)) > limit) return false;
  }
  return true;
}

http::Response health_live(const Vitals& vitals) {
  const bool alive = vitals.loops_turn;
  return json(alive ? 200 : 503, Message().text("status", alive ? "live" : "stalled").take());
}

http::Response health_ready(const Vitals& vitals) {
  const std::string_view own = own_fault(vitals);
  if (!own.empty()) return json(503, Message().text("status", "unready").text("reason", own).take());
  const std::string shared = shared_fault(vitals.facts);
  return json(200, Message().text("status", shared.empty() ? "ready" : "degraded").text_if("reason", shared).take());
}

http::Response health_websocket(const Vitals& vitals, bool always_200) {
  const Facts& facts = vitals.facts;
  const std::string_view own = own_fault(vitals);
  const std::string shared = shared_fault(facts);
  const bool works = own.empty() && facts.bus != bus::State::down;
  Message checks;
  checks.flag("redis_connected", own.empty() && facts.bus == bus::State::connected);
  checks.number("active_connections", vitals.connections).number("active_channels", facts.channels);
  checks.flag("pubsub_active", works).text("redis", name_of(facts.bus)).flag("docker_connected", facts.engine_answers);
  if (facts.canary_age) checks.number("canary_age_ms", *facts.canary_age / std::chrono::milliseconds(1));
  Message answer;
  answer.text("status", !own.empty() ? "unhealthy" : shared.empty() ? "healthy" : "degraded");
  answer.raw("checks", checks.take()).text_if("error", own.empty() ? std::string_view(shared) : own);
  return json(own.empty() || always_200 ? 200 : 503, answer.take());
}

}  // namespace api
