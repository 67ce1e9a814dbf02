// The rows of the settings' table that bound what a client may do. What happens at each: limits_text.cpp.
#include "app/setting.hpp"

namespace app {
namespace {

using namespace std::chrono_literals;
using Server = api::ServerSettings;
constexpr std::size_t KiB = 1024, MiB = 1024 * KiB;

template <class Value>
Place<Value> in_server(Value Server::*member) {
  return at(&Settings::server, member);
}

Place<std::size_t> in_request(std::size_t http::RequestLimits::*member) {
  return [member](Settings& settings) -> std::size_t& { return settings.server.request.*member; };
}

void add_limits_of_connections(std::vector<Setting>& rows) {
  rows.insert(
      rows.end(),
      {{"Limits", "DOCKCAST_CONNECTIONS_MAX", number(in_server(&Server::connections_max), 1, 10'000'000), "100000",
        "Connections of one serving loop; beyond it 503."},
       {"Limits", "DOCKCAST_ADDRESS_CONNECTIONS_MAX",
        number(in_server(&Server::address_connections_max), 1, 10'000'000), "1000",
        "Connections of one IPv4 address or one IPv6 /64; beyond it 429. Connections from this machine do not count; "
        "behind a proxy on another one, all clients have its address."},
       {"Limits", "DOCKCAST_DESCRIPTORS_RESERVED", number(at(&Settings::descriptors_reserved), 16, 1'000'000), "256",
        "Of the descriptors that the process may have, those kept from clients: for the Engine, Redis, and each "
        "container that is read. Never more than half of all."},
       {"Limits", "DOCKCAST_HANDSHAKE_TIMEOUT", duration(in_server(&Server::handshake_timeout), 1s, 10min), "10s",
        "From the start of a connection until its first request is there."}});
}

void add_limits_of_requests(std::vector<Setting>& rows) {
  using Request = http::RequestLimits;
  rows.insert(rows.end(),
              {{"Limits", "DOCKCAST_HEADER_BYTES_MAX", size(in_request(&Request::head_bytes_max), KiB, MiB), "16KiB",
                "A request's first line and header fields; beyond it 431."},
               {"Limits", "DOCKCAST_HEADERS_MAX", number(in_request(&Request::headers_max), 10, 10'000), "100",
                "A request's header fields; beyond it 431."},
               {"Limits", "DOCKCAST_URL_BYTES_MAX", size(in_request(&Request::target_bytes_max), 256, MiB), "8KiB",
                "A request's path and query; beyond it 414."},
               {"Limits", "DOCKCAST_BODY_BYTES_MAX", size(in_request(&Request::body_bytes_max), KiB, 64 * MiB), "64KiB",
                "A request's body; beyond it 413."},
               {"Limits", "DOCKCAST_REQUEST_TIMEOUT", duration(in_server(&Server::request_timeout), 1s, 10min), "10s",
                "For a further request to arrive whole, from its first byte."},
               {"Limits", "DOCKCAST_IDLE_TIMEOUT", duration(in_server(&Server::idle_timeout), 1s, 1h), "1m",
                "Between two requests of one connection."}});
}

void add_limits_of_what_is_said(std::vector<Setting>& rows) {
  rows.insert(
      rows.end(),
      {{"Limits", "DOCKCAST_CREDENTIALS_TIMEOUT", duration(in_server(&Server::credentials_timeout), 1s, 10min), "5s",
        "For the credentials of a WebSocket that was opened without; then close code 4308."},
       {"Limits", "DOCKCAST_MESSAGE_BYTES_MAX", size(in_server(&Server::message_bytes_max), KiB, 16 * MiB), "64KiB",
        "A message of a client, inflated; beyond it close code 1009."},
       {"Limits", "DOCKCAST_INFLATION_MAX", number(in_server(&Server::inflation_max), 1, 2'000), "100",
        "How many times its deflated size a message may inflate to, where that is more than 4 KiB; beyond it 1009."},
       {"Limits", "DOCKCAST_FRAGMENTS_MAX", number(in_server(&Server::fragments_max), 1, 1'000'000), "1024",
        "Fragments of one message; beyond it close code 1009."},
       {"Limits", "DOCKCAST_MESSAGE_TIMEOUT", duration(in_server(&Server::message_timeout), 1s, 10min), "10s",
        "For a message that has begun to end; then close code 4103."},
       {"Limits", "DOCKCAST_COMMANDS_PER_SECOND", number(in_server(&Server::commands_per_second), 1, 1'000'000), "1000",
        "Commands of one connection; beyond it the error rate_limited, then close code 4129."},
       {"Limits", "DOCKCAST_PUBLISHES_PER_SECOND", number(in_server(&Server::publishes_per_second), 1, 1'000'000),
        "100",
        "What one connection may publish or send to others; over HTTP, what one IPv4 address or one IPv6 /64 may: "
        "behind "
        "a proxy on another machine, all clients together. Beyond it the error rate_limited."},
       {"Limits", "DOCKCAST_PINGS_PER_SECOND", number(in_server(&Server::pings_per_second), 1, 1'000'000), "1000",
        "Pings, and pongs that nobody asked for, of one connection; beyond it close code 4129."},
       {"Limits", "DOCKCAST_RATE_CREDIT", duration(in_server(&Server::rate_credit), 1s, 1h), "10s",
        "How much of each may come at once: as much as in this time."},
       {"Limits", "DOCKCAST_WAITING_BYTES_MAX", size(in_server(&Server::waiting_bytes_max), KiB, 64 * MiB), "64KiB",
        "Commands that wait behind one that is being answered; beyond it no more are read."},
       {"Limits", "DOCKCAST_SUBSCRIPTIONS_MAX", number(in_server(&Server::subscriptions_max), 1, 10'000), "100",
        "Subscriptions of one connection; beyond it the error too_many."}});
}

void add_limits_of_what_is_not_taken(std::vector<Setting>& rows) {
  rows.insert(rows.end(),
              {{"Limits", "DOCKCAST_BACKLOG_BYTES_MAX", size(in_server(&Server::backlog_bytes_max), 4 * KiB, 64 * MiB),
                "64KiB", "Answers that a client has not read; beyond it no more commands are read from it."},
               {"Limits", "DOCKCAST_PROGRESS_TIMEOUT", duration(in_server(&Server::progress_timeout), 1s, 1h), "1m",
                "How long a client may take nothing while something waits for it; then close code 4103."},
               {"Limits", "DOCKCAST_PING_INTERVAL", duration(in_server(&Server::ping_interval), 1s, 10min), "25s",
                "Between the pings that a WebSocket is sent, give or take a tenth."},
               {"Limits", "DOCKCAST_PONG_TIMEOUT", duration(in_server(&Server::pong_timeout), 1s, 10min), "30s",
                "For the answer to a ping; then close code 4108."},
               {"Limits", "DOCKCAST_CLOSE_TIMEOUT", duration(in_server(&Server::close_timeout), 100ms, 10min), "5s",
                "For a client to take our last words and to close its side; then the connection is cut."}});
}

}  // namespace

void add_limits(std::vector<Setting>& rows) {
  add_limits_of_connections(rows);
  add_limits_of_requests(rows);
  add_limits_of_what_is_said(rows);
  add_limits_of_what_is_not_taken(rows);
}

}  // namespace app
