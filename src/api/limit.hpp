// Limit: every bound that a client can run into, by the name under which its strikes are counted. What each bounds, its
// setting, its default and what happens at it is one table, docs/limits.md (from src/app/limits_text.cpp).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace api {

enum class Limit : std::uint8_t {
  // of connections
  connections,
  address_connections,
  descriptors,
  handshake_time,
  // of HTTP requests
  header_bytes,
  headers,
  url_bytes,
  body_bytes,
  request_time,
  idle_time,
  // of what a WebSocket says
  credentials_time,
  message_bytes,
  inflation,
  fragments,
  message_time,
  commands,
  publishes,
  pings,
  waiting_bytes,
  subscriptions,
  // of what it does not take, or not answer
  backlog_bytes,
  progress_time,
  pong_time,
  close_time,
};
inline constexpr std::array<std::string_view, 24> limit_names = {
    "connections",   "address_connections", "descriptors",   "handshake_time", "header_bytes",     "headers",
    "url_bytes",     "body_bytes",          "request_time",  "idle_time",      "credentials_time", "message_bytes",
    "inflation",     "fragments",           "message_time",  "commands",       "publishes",        "pings",
    "waiting_bytes", "subscriptions",       "backlog_bytes", "progress_time",  "pong_time",        "close_time"};
static_assert(limit_names.size() == static_cast<std::size_t>(Limit::close_time) + 1);

}  // namespace api
