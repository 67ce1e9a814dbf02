// Channel names and the paths that stand for them (protocol.md, "Channels" and "WebSocket endpoints"). Pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "auth/access.hpp"
#include "feeds/follow.hpp"

namespace api {

// The `channel` label of the metrics is one of these, never an id.
enum class Family : std::uint8_t {
  container_logs,
  container_events,
  container_stats,
  docker_events,
  containers,
  app,
  user,
  session,
  plain,
  many,  // no channel: the connections of `/ws`, and replies
};
inline constexpr std::array<std::string_view, 10> family_names = {"container:logs",
                                                                  "container:events",
                                                                  "container:stats",
                                                                  "docker:events",
                                                                  "containers",
                                                                  "app",
                                                                  "user",
                                                                  "session",
                                                                  "plain",
                                                                  "ws"};

struct Channel {
  Family family;
  std::string_view rest;  // behind the family's colon: an id, prefix or name of a container, a subject…
};

// Nothing where it is no channel's name: limit::channel_bytes of visible ASCII. Points into `name`.
std::optional<Channel> parse_channel(std::string_view name);

// The families that are fed here; nothing for the others.
std::optional<feeds::Source> source_of(Family family);
inline Family family_of(feeds::Source source) { return static_cast<Family>(source); }
// Its family's channels are about one container each.
inline bool is_of_container(Family family) { return family < Family::docker_events; }
// What whoever follows it must be allowed to do.
auth::Verb verb_of(feeds::Source source);
// The name of the family's channel about `rest`: the full id of a container, for one.
std::string channel_name(Family family, std::string_view rest);

// The channel that a WebSocket's path (decoded) is about; empty for `/ws`, nothing where no WebSocket is.
std::optional<std::string> channel_of_path(std::string_view path);

}  // namespace api
