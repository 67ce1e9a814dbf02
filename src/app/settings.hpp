// Settings: everything an operator can say, understood. Made once, before anything starts, from flags, environment and
// a file (load_settings.hpp); the table of names, defaults and bounds is settings_table.cpp. Read-only afterwards.
#pragma once

#include <cstdint>
#include <string>

#include "api/settings.hpp"
#include "base/log.hpp"
#include "docker/engine_host.hpp"
#include "feeds/log_feeds.hpp"
#include "feeds/message_feeds.hpp"
#include "net/loop.hpp"
#include "net/tls_identity.hpp"
#include "net/tls_peer.hpp"
#include "tunnel/host.hpp"

namespace app {

enum class Auth : std::uint8_t { automatic, none, token };  // automatic: by the address, see access_of()
// What of another kind of fleet it lives beside (docs/beside.md).
enum class Compat : std::uint8_t { none, fastapi };
enum class LogFormat : std::uint8_t { text, json };

struct Settings {
  std::string listen;
  std::uint16_t port = 0;
  net::TlsFiles tls;           // empty: clients speak no TLS with us
  unsigned serving_loops = 0;  // 0: one per core, on one core the control loop
  std::string instance_id;     // empty: the host name

  std::string docker_host, docker_context, docker_tls_verify, docker_tls, docker_cert_path;
  docker::EngineHost engine;  // where these and the rest of the environment lead

  std::string redis_url;   // empty: embedded
  net::TlsPeer redis_tls;  // where it says rediss
  std::string redis_prefix;

  Auth auth = Auth::automatic;
  std::string token;
  bool allow_query_token = false;

  std::size_t ring_bytes = 0;
  feeds::Settings feeds;
  feeds::MessageFeeds::Settings messages;
  std::size_t app_history_bytes = 0;  // over all channels, without Redis
  bool broadcasts = true;
  Compat compat = Compat::none;
  tunnel::Host::Settings tunnel;
  api::ServerSettings server;
  std::uint32_t descriptors_reserved = 0;
  std::uint32_t connections_of_a_loop = UINT32_MAX;  // what the process' descriptors allow, see process.cpp

  net::Duration drain_notice{};
  std::uint32_t drain_rate = 0;  // clients a second
  net::Duration drain_grace{};

  base::log::Level log_level = base::log::Level::info;
  LogFormat log_format = LogFormat::text;
  std::uint32_t log_lines_per_second = 0;
};

// Loopback addresses are for those on this machine alone.
bool is_loopback(const std::string& listen);

bool speaks_tls(const Settings& settings);

// Whether a token is asked for (docs/settings.md, "Access"): as was written out, else where there is a token, or where
// others can reach us.
bool asks_for_token(const Settings& settings);

}  // namespace app
