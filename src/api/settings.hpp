// What `api` can be told, and its bounds. Filled by `app` once, then read by every serving loop.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "http/request_reader.hpp"
#include "net/loop.hpp"

namespace api {

struct ServerSettings {
  std::string instance;                      // INSTANCE_ID: a label
  std::string session_prefix;                // instance and 64 random bits, drawn at start: session ids begin with it
  std::string version;                       // of the build
  std::string scheme;                        // what clients ask us by; empty: unknown, a proxy may end TLS
  std::string base_path;                     // DOCKCAST_BASE_PATH: "" or "/something"
  std::vector<std::string> allowed_hosts;    // DOCKCAST_ALLOWED_HOSTS
  std::vector<std::string> allowed_origins;  // DOCKCAST_ALLOWED_ORIGINS

  bool deflate = false;  // DOCKCAST_DEFLATE: permessage-deflate may be agreed on

  bool tells_channels = false;     // DOCKCAST_COMPAT: what each session follows is told with its news
  bool health_always_200 = false;  // DOCKCAST_COMPAT: /health/websocket, whatever it says

  // Bounds; docs/limits.md says what happens at each.
  std::uint32_t connections_max = 100'000;        // of one serving loop
  std::uint32_t address_connections_max = 1'000;  // of one address beyond this machine
  std::uint32_t subscriptions_max = 100;          // of one session
  std::size_t message_bytes_max = 64 * 1024;      // inflated
  std::uint32_t inflation_max = 100;              // times its deflated size that a message may become
  std::uint32_t fragments_max = 1024;             // of one message
  std::uint32_t commands_per_second = 1'000;
  std::uint32_t publishes_per_second = 100;              // of one session; over HTTP of one address
  std::uint32_t pings_per_second = 1'000;                // pongs that nobody asked for count too
  net::Duration rate_credit = std::chrono::seconds(10);  // of each, at once
  std::size_t waiting_bytes_max = 64 * 1024;             // commands behind one that waits
  std::size_t backlog_bytes_max = 64 * 1024;
  http::RequestLimits request = {.body_bytes_max = 64 * 1024};

  // Deadlines.
  net::Duration handshake_timeout = std::chrono::seconds(10);  // from a connection's start to its first whole request
  net::Duration request_timeout = std::chrono::seconds(10);    // of a later one, from its first byte
  net::Duration idle_timeout = std::chrono::seconds(60);       // between requests
  net::Duration credentials_timeout = std::chrono::seconds(5);
  net::Duration message_timeout = std::chrono::seconds(10);  // for an unfinished message
  net::Duration ping_interval = std::chrono::seconds(25);    // ± 10 %
  net::Duration pong_timeout = std::chrono::seconds(30);
  net::Duration heartbeat_interval = std::chrono::seconds(30);
  net::Duration progress_timeout = std::chrono::seconds(60);
  net::Duration close_timeout = std::chrono::seconds(5);
};

}  // namespace api
