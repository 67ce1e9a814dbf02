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
  std::string base_path;                     // DOCKCAST_BASE_PATH: "" or "/something"
  std::vector<std::string> allowed_hosts;    // DOCKCAST_ALLOWED_HOSTS
  std::vector<std::string> allowed_origins;  // DOCKCAST_ALLOWED_ORIGINS

  bool deflate = false;  // DOCKCAST_DEFLATE: permessage-deflate may be agreed on

  // Bounds. Beyond them: 503; error too_many; close 1009; no more commands are read until the backlog has drained.
  std::uint32_t connections_max = 100'000;  // of one serving loop
  std::uint32_t subscriptions_max = 100;    // of one session
  std::size_t message_bytes_max = 64 * 1024;
  std::size_t backlog_bytes_max = 64 * 1024;
  http::RequestLimits request = {.body_bytes_max = 64 * 1024};

  // Deadlines.
  net::Duration request_timeout = std::chrono::seconds(10);  // from a request's first byte, or the connection's start
  net::Duration idle_timeout = std::chrono::seconds(60);     // between requests
  net::Duration credentials_timeout = std::chrono::seconds(5);
  net::Duration message_timeout = std::chrono::seconds(10);  // for an unfinished message
  net::Duration ping_interval = std::chrono::seconds(25);    // ± 10 %
  net::Duration pong_timeout = std::chrono::seconds(30);
  net::Duration heartbeat_interval = std::chrono::seconds(30);
  net::Duration progress_timeout = std::chrono::seconds(60);
  net::Duration close_timeout = std::chrono::seconds(5);
};

}  // namespace api
