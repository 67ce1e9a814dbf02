#include "app/limits_text.hpp"

#include <array>
#include <string_view>

#include "api/limit.hpp"
#include "app/setting.hpp"
#include "base/check.hpp"
#include "bus/redis_bus.hpp"
#include "tunnel/asker.hpp"
#include "tunnel/host.hpp"

namespace app {
namespace {

using api::Limit;

struct Row {
  Limit limit;
  std::string_view setting;
  std::string_view bounds;  // what is bounded
  std::string_view then;    // what happens
  std::string_view test;
};

// One for each limit, in their order.
constexpr std::array<Row, api::limit_names.size()> rows = {{
    {Limit::connections, "DOCKCAST_CONNECTIONS_MAX", "connections of one serving loop",
     "503 with `Retry-After` for the first request, unless it is for `/health/…` or `/metrics`; from 64 more on, just "
     "closed",
     "ServerHttp.beyond_the_bound_of_connections_a_client_is_told_503"},
    {Limit::address_connections, "DOCKCAST_ADDRESS_CONNECTIONS_MAX",
     "connections of one IPv4 address or IPv6 /64, over all loops; this machine's own do not count",
     "429 with `Retry-After`, before anything is read; from 64 more on, just closed",
     "ServerLimits.an_address_with_too_many_connections_is_told_429_and_others_are_served"},
    {Limit::descriptors, "DOCKCAST_DESCRIPTORS_RESERVED",
     "descriptors of the process, less what is kept for the Engine and Redis",
     "as for connections; where the process has none left all the same, a spare one takes the newcomer and closes it",
     "AsioNetworkTest.WhoComesWhenDescriptorsHaveRunOutIsRefusedAndTheNextAreServed"},
    {Limit::handshake_time, "DOCKCAST_HANDSHAKE_TIMEOUT", "from a connection's start to its first whole request",
     "408 where something has come, and closed",
     "ServerHttp.headers_that_do_not_come_whole_within_ten_seconds_end_it_however_they_trickle"},
    {Limit::header_bytes, "DOCKCAST_HEADER_BYTES_MAX", "a request's first line and header fields", "431 and closed",
     "ServerLimits.a_request_beyond_a_bound_is_refused_and_closed"},
    {Limit::headers, "DOCKCAST_HEADERS_MAX", "a request's header fields, in number", "431 and closed",
     "ServerLimits.a_request_beyond_a_bound_is_refused_and_closed"},
    {Limit::url_bytes, "DOCKCAST_URL_BYTES_MAX", "a request's path and query", "414 and closed",
     "ServerLimits.a_request_beyond_a_bound_is_refused_and_closed"},
    {Limit::body_bytes, "DOCKCAST_BODY_BYTES_MAX", "a request's body", "413 and closed",
     "ServerLimits.a_request_beyond_a_bound_is_refused_and_closed"},
    {Limit::request_time, "DOCKCAST_REQUEST_TIMEOUT", "from the first byte of a further request to its last",
     "408 and closed", "ServerLimits.a_further_request_has_a_deadline_of_its_own"},
    {Limit::idle_time, "DOCKCAST_IDLE_TIMEOUT", "between two requests of one connection", "closed",
     "ServerHttp.a_kept_connection_may_idle_for_a_minute"},
    {Limit::credentials_time, "DOCKCAST_CREDENTIALS_TIMEOUT", "from an upgrade without credentials to `connect`",
     "`unauthorized`, 4308", "ServerSession.a_session_without_credentials_is_closed_with_4308_after_five_seconds"},
    {Limit::message_bytes, "DOCKCAST_MESSAGE_BYTES_MAX", "a message, all its fragments together, inflated",
     "1009, as soon as a header announces it or inflating reaches it",
     "ServerLimits.a_message_beyond_a_bound_is_closed_with_1009"},
    {Limit::inflation, "DOCKCAST_INFLATION_MAX",
     "how many times its deflated size a message inflates to; up to 4 KiB it may always", "1009",
     "ServerLimits.a_message_beyond_a_bound_is_closed_with_1009"},
    {Limit::fragments, "DOCKCAST_FRAGMENTS_MAX", "the fragments of a message", "1009",
     "ServerLimits.a_message_beyond_a_bound_is_closed_with_1009"},
    {Limit::message_time, "DOCKCAST_MESSAGE_TIMEOUT", "from the first byte of a message to its last", "4103",
     "ServerSession.a_message_that_is_never_finished_is_closed_with_4103"},
    {Limit::commands, "DOCKCAST_COMMANDS_PER_SECOND", "commands a second, and `DOCKCAST_RATE_CREDIT`'s worth at once",
     "`rate_limited` for each; 4129 for who goes on for another second's worth",
     "ServerLimits.commands_beyond_the_rate_are_told_so_and_who_goes_on_is_closed_with_4129"},
    {Limit::publishes, "DOCKCAST_PUBLISHES_PER_SECOND",
     "what is published or sent to others a second, and `DOCKCAST_RATE_CREDIT`'s worth at once: of a WebSocket, over "
     "HTTP of one IPv4 address or IPv6 /64 together; of this machine's own over HTTP, of a connection",
     "`rate_limited` (429), and it is not published",
     "ServerPublishing.beyond_the_rate_it_is_refused_and_the_session_goes_on"},
    {Limit::pings, "DOCKCAST_PINGS_PER_SECOND",
     "pings and unasked pongs a second, on the same credit; of those that come together one is answered", "4129",
     "ServerLimits.a_flood_of_pings_is_closed_with_4129"},
    {Limit::waiting_bytes, "DOCKCAST_WAITING_BYTES_MAX", "commands behind one that waits for its answer",
     "no more are read until it has come; 4129 where they inflated to many times that",
     "ServerPressure.empty_commands_are_not_kept_without_end"},
    {Limit::subscriptions, "DOCKCAST_SUBSCRIPTIONS_MAX", "subscriptions of a connection", "`too_many`",
     "ConversationTest.more_subscriptions_than_the_bound_are_too_many"},
    {Limit::backlog_bytes, "DOCKCAST_BACKLOG_BYTES_MAX", "answers that the client has not taken",
     "no more commands are read until they have left",
     "ServerSession.a_client_that_does_not_read_its_answers_is_not_listened_to"},
    {Limit::progress_time, "DOCKCAST_PROGRESS_TIMEOUT", "for a client to take anything, while something waits for it",
     "4103", "ServerSession.a_socket_that_takes_nothing_for_a_minute_is_closed_with_4103"},
    {Limit::pong_time, "DOCKCAST_PONG_TIMEOUT", "from a ping to its pong", "4108",
     "ServerSession.a_ping_without_a_pong_closes_with_4108_within_a_minute"},
    {Limit::close_time, "DOCKCAST_CLOSE_TIMEOUT", "from our last words to the client's end", "cut",
     "ServerSession.a_close_that_the_client_never_answers_ends_after_five_seconds"},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i].limit != static_cast<Limit>(i)) return false;
  return true;
}
static_assert(in_order());

constexpr std::string_view head =
    "# Limits\n\n"
    "<!-- Made by `dockcast --print-limits` from src/app/limits_text.cpp; a test compares. -->\n\n"
    "Everything that a client can use up is bounded. A strike is counted in `dockcast_limits_total{limit=\"…\"}`, "
    "where "
    "it\n"
    "strikes is what a client of good will is told; [settings](settings.md#limits) has the allowed values, and the "
    "test\n"
    "runs into the limit. Which attack and which bad input meets which of them: [faults](faults.md).\n\n"
    "| limit | default | setting | bounds | at the bound | test |\n|---|---|---|---|---|---|\n";

// What the cluster's own work can use up: bounds of the code, without a setting.
std::string of_redis() {
  const redis::Client::Settings client;
  const redis::Subscriber::Settings subscriber;
  const auto count = [](std::size_t number) { return std::to_string(number); };
  const auto seconds = [](net::Duration time) { return std::to_string(time / std::chrono::seconds(1)) + "s"; };
  const auto mib = [](std::size_t bytes) { return std::to_string(bytes >> 20) + "MiB"; };
  struct Bound {
    std::string value;
    std::string_view bounds, then, metric, test;
  };
  const Bound bounds[] = {
      {count(client.pending_max), "commands that wait for Redis' answer, on each of the two connections for commands",
       "the next is refused at once (`unavailable`)", "dockcast_redis_refused_total",
       "RedisClient.TooManyCommandsAreRefusedAndTheRestIsAnswered"},
      {mib(client.pending_bytes_max), "bytes that Redis has not taken, on each of them", "the same",
       "dockcast_redis_refused_total", "RedisClient.TooManyBytesAreRefused"},
      {seconds(client.answer_max), "for Redis to answer a command", "the connection is made anew",
       "dockcast_redis_timeouts_total", "RedisClient.WhatIsNotAnsweredInTimeEndsTheConnection"},
      {seconds(bus::Canary::heard_within), "for what was published to come back on each subscription",
       "that connection is made anew", "dockcast_redis_deaf_total",
       "SimulatedRedis.ALaneThatDoesNotHearItsCanaryIsDialledAgain"},
      {seconds(subscriber.silence_max), "for a subscription to say anything, answers to pings among it",
       "that connection is made anew", "dockcast_redis_dials_total", "RedisSubscriber.ASilentConnectionIsGivenUp"},
      {mib(bus::frame_bytes_max), "a message on the bus", "dropped", "dockcast_bus_dropped_total",
       "SimulatedRedis.AFrameThatIsTooLargeIsDroppedAndCounted"},
  };
  std::string text =
      "\n## Towards Redis\n\n| bound | of what | at the bound | counted in | test |\n|---|---|---|---|---|\n";
  for (const Bound& row : bounds) {
    text.append("| ").append(row.value).append(" | ").append(row.bounds).append(" | ").append(row.then);
    text.append(" | `").append(row.metric).append("` | `").append(row.test).append("` |\n");
  }
  return text;
}

// What other instances can use up of this one's Engine, and it of theirs.
std::string of_tunnel() {
  const auto count = [](std::size_t number) { return std::to_string(number); };
  const auto kib = [](std::size_t bytes) { return std::to_string(bytes >> 10) + "KiB"; };
  const auto seconds = [](net::Duration time) { return std::to_string(time / std::chrono::seconds(1)) + "s"; };
  struct Bound {
    std::string value;
    std::string_view bounds, then, test;
  };
  const Bound bounds[] = {
      {"`DOCKCAST_TUNNEL_RATE`", "bytes a second of this instance's Engine, for all others together", "they come later",
       "TunnelTest.all_streams_together_keep_to_the_rate"},
      {kib(tunnel::window_bytes), "of an answer on their way", "the Engine waits",
       "TunnelTest.nothing_piles_up_where_nobody_reads"},
      {kib(tunnel::request_bytes_max), "a question", "refused",
       "RequestGuard.a_head_without_end_is_refused_at_the_bound"},
      {count(tunnel::Asker::streams_max), "connections of one instance to all Engines of others",
       "the next is refused, and tried again", "TunnelTest.too_many_streams_are_refused_in_words"},
      {count(tunnel::Host::streams_max), "connections of all others to this one's", "the same",
       "TunnelTest.too_many_streams_are_refused_in_words"},
      {seconds(tunnel::Wire::silence_max), "for the other end to say anything; 3 s for its first word",
       "the connection is cut", "TunnelTest.a_host_that_dies_is_noticed_by_its_silence"},
      {count(tunnel::Directory::engines_max), "Engines of others", "further ones are not heard of",
       "TunnelTest.no_more_Engines_are_heard_of_than_the_bound"},
      {count(tunnel::Registry::engines_max) + " for " + seconds(tunnel::Registry::kept),
       "Engines in Redis, since they were noted last", "it forgets the others",
       "RegistryOverTime.ThoseThatWereNotedLastAreKept"},
  };
  std::string text =
      "\n## Between instances beside different Engines\n\n| bound | of what | at the bound | test |\n"
      "|---|---|---|---|\n";
  for (const Bound& row : bounds) {
    text.append("| ").append(row.value).append(" | ").append(row.bounds).append(" | ").append(row.then);
    text.append(" | `").append(row.test).append("` |\n");
  }
  return text;
}

constexpr std::string_view tail =
    "\nAn idle WebSocket costs about 450 bytes, and its share of these bounds only while it uses it. At most, a "
    "client\n"
    "pins one unfinished message, the commands that wait, its backlog and, where it follows a channel, one "
    "publication.\n";

}  // namespace

std::string limits_text() {
  std::string text(head);
  for (const Row& row : rows) {
    const Setting* setting = find_setting(row.setting);
    CHECK(setting != nullptr);
    const auto name = api::limit_names[static_cast<std::size_t>(row.limit)];
    for (const std::string& cell :
         {"`" + std::string(name) + "`", std::string(setting->fallback), "`" + std::string(row.setting) + "`",
          std::string(row.bounds), std::string(row.then), "`" + std::string(row.test) + "`"})
      text += "| " + cell + " ";
    text += "|\n";
  }
  return text + std::string(tail) + of_redis() + of_tunnel();
}

}  // namespace app
