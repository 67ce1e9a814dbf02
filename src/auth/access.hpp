// Access: the one place that says who somebody is (identify) and the one that says what they may do (may). Every path
// asks here: HTTP routes, subscriptions, history, resumes. Immutable after it is made, so any thread may ask.
// Not here yet: JWT, tickets, cookies, permissions per subject (`may` answers for the token).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "auth/identity.hpp"
#include "base/result.hpp"
#include "http/request.hpp"

namespace auth {

enum class Mode : std::uint8_t { none, token };

struct Settings {
  Mode mode = Mode::none;
  std::string token;               // with Mode::token; not empty
  bool allow_query_token = false;  // DOCKCAST_ALLOW_QUERY_TOKEN: `?token=` ends up in proxies' logs
};

enum class Verb : std::uint8_t {
  list_containers,
  list_channels,
  list_instances,
  list_sessions,
  inspect,
  read_logs,
  read_events,
  read_stats,
  read_messages,
  publish,
  send,
  drain,
  open_terminal
};

class Access {
 public:
  explicit Access(Settings settings);
  Access(const Access&) = delete;  // identities point into it

  Mode mode() const { return settings_.mode; }

  // By what a request carries. Nobody where it carries no credentials; Fault::unauthorized where they are wrong.
  base::Result<Identity> identify(const http::Request& request) const;
  base::Result<Identity> identify(std::string_view token) const;

  // `what`: the channel or the full id of the container; empty where the verb is about no single one.
  bool may(const Identity& identity, Verb verb, std::string_view what) const;

 private:
  const Settings settings_;
  const std::string subject_;  // everybody's, for now
};

}  // namespace auth
