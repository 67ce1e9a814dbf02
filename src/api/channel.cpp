#include "api/channel.hpp"

#include <algorithm>
#include <utility>

#include "api/contract.hpp"

namespace api {

std::optional<Channel> parse_channel(std::string_view name) {
  const auto visible = [](char c) { return c > 0x20 && c < 0x7f; };
  if (name.empty() || name.size() > limit::channel_bytes || !std::all_of(name.begin(), name.end(), visible))
    return std::nullopt;
  if (name == "docker:events") return Channel{Family::docker_events, {}};
  if (name == "containers") return Channel{Family::containers, {}};

  static constexpr std::pair<std::string_view, Family> prefixes[] = {
      {"container:logs:", Family::container_logs},
      {"container:events:", Family::container_events},
      {"container:stats:", Family::container_stats},
      {"container:exec:", Family::many},  // reserved
      {"app:", Family::app},
      {"user:", Family::user},
      {"session:", Family::session},
  };
  for (const auto& [prefix, family] : prefixes) {
    if (!name.starts_with(prefix)) continue;
    if (name.size() == prefix.size()) return std::nullopt;
    return Channel{family, name.substr(prefix.size())};
  }
  return Channel{Family::plain, name};
}

std::optional<feeds::Source> source_of(Family family) {
  static_assert(static_cast<int>(Family::container_logs) == static_cast<int>(feeds::Source::logs) &&
                static_cast<int>(Family::container_events) == static_cast<int>(feeds::Source::container_events) &&
                static_cast<int>(Family::container_stats) == static_cast<int>(feeds::Source::stats) &&
                static_cast<int>(Family::docker_events) == static_cast<int>(feeds::Source::docker_events) &&
                static_cast<int>(Family::containers) == static_cast<int>(feeds::Source::containers) &&
                static_cast<int>(Family::app) == static_cast<int>(feeds::Source::app) &&
                static_cast<int>(Family::plain) == static_cast<int>(feeds::Source::plain));
  if (family > Family::plain) return std::nullopt;
  return static_cast<feeds::Source>(family);
}

auth::Verb verb_of(feeds::Source source) {
  using auth::Verb;
  static constexpr Verb verbs[feeds::sources] = {Verb::read_logs,     Verb::read_events,     Verb::read_stats,
                                                 Verb::read_events,   Verb::list_containers, Verb::read_messages,
                                                 Verb::read_messages, Verb::read_messages,   Verb::read_messages};
  return verbs[static_cast<std::size_t>(source)];
}

std::string channel_name(Family family, std::string_view rest) {
  if (family == Family::plain) return std::string(rest);
  std::string name(family_names[static_cast<std::size_t>(family)]);
  return rest.empty() ? name : name + ":" + std::string(rest);
}

std::optional<std::string> channel_of_path(std::string_view path) {
  if (path == "/ws" || path == "/ws/") return std::string();
  if (path == "/ws/events") return "docker:events";

  constexpr std::string_view channels = "/ws/channels/", containers = "/ws/containers/";
  if (path.starts_with(channels) && path.size() > channels.size()) return std::string(path.substr(channels.size()));
  if (!path.starts_with(containers)) return std::nullopt;

  path.remove_prefix(containers.size());
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos || slash == 0) return std::nullopt;
  const std::string id(path.substr(0, slash));
  const std::string_view what = path.substr(slash + 1);
  if (what == "logs" || what == "events" || what == "stats" || what == "exec")
    return "container:" + std::string(what) + ":" + id;
  return std::nullopt;
}

}  // namespace api
