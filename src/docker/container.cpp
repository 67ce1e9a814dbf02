#include "docker/container.hpp"

#include <charconv>
#include <numeric>

#include "docker/json_fields.hpp"
#include "docker/timestamp.hpp"

namespace docker {
namespace {

namespace json = boost::json;

std::string without_slash(std::string name) {
  if (name.starts_with('/')) name.erase(0, 1);
  return name;
}

// "none" is how newer engines say that there is no health check.
std::string health_word(std::string word) { return word == "none" ? std::string() : word; }

// "Up 2 minutes (healthy)", "Up 1 second (health: starting)": before API 1.52 the list says it nowhere else.
std::string health_in_status(std::string_view status) {
  if (status.ends_with("(healthy)")) return "healthy";
  if (status.ends_with("(unhealthy)")) return "unhealthy";
  if (status.ends_with("(health: starting)")) return "starting";
  return {};
}

// "Exited (137) 3 minutes ago", "Restarting (1) 2 seconds ago".
std::optional<int> exit_code_in_status(std::string_view status) {
  const auto open = status.find(" (");
  if (!status.starts_with("Exited") && !status.starts_with("Restarting")) return std::nullopt;
  if (open == status.npos) return std::nullopt;
  int code = 0;
  const auto [end, error] = std::from_chars(status.data() + open + 2, status.data() + status.size(), code);
  return error == std::errc() && end != status.data() + status.size() && *end == ')' ? std::optional(code)
                                                                                     : std::nullopt;
}

// A linked container has several names, "/web" and "/other/alias": its own has one slash.
std::string own_name(const json::value& item) {
  const auto* names = field(item, {"Names"});
  if (names == nullptr || !names->is_array()) return {};
  for (const auto& name : names->as_array()) {
    if (name.is_string() && name.as_string().rfind('/') == 0) return without_slash(std::string(name.as_string()));
  }
  return {};
}

// What lies beyond the years that nanoseconds can count is as if it were not said.
net::WallTime time_of_seconds(std::int64_t seconds) {
  constexpr auto most = std::chrono::floor<std::chrono::seconds>(net::Duration::max()).count();
  return seconds >= 0 && seconds <= most ? net::WallTime(std::chrono::seconds(seconds)) : net::WallTime();
}

Container from_list(const json::value& item) {
  Container container;
  container.id = string_field(item, {"Id"});
  container.name = own_name(item);
  container.image = string_field(item, {"Image"});
  container.state = string_field(item, {"State"});
  container.status = string_field(item, {"Status"});
  container.health = health_word(string_field(item, {"Health", "Status"}));
  if (container.health.empty()) container.health = health_in_status(container.status);
  container.created = time_of_seconds(integer_field(item, {"Created"}).value_or(0));
  container.exit_code = exit_code_in_status(container.status);
  container.labels = map_field(item, {"Labels"});
  return container;
}

base::Error misshapen(const char* what) {
  return {base::Fault::protocol, std::string("The Engine's answer is no ") + what + "."};
}

}  // namespace

net::WallTime Container::run_border() const {
  const net::WallTime start = started.value_or(net::WallTime{});
  if (!finished || *finished >= start) return start;
  const auto middle = std::midpoint(finished->time_since_epoch().count(), start.time_since_epoch().count());
  return net::WallTime(net::Duration(middle));
}

base::Result<std::vector<Container>> parse_container_list(std::string_view text) {
  auto value = parse_engine_json(text);
  if (!value) return value.error();
  if (!value->is_array()) return misshapen("list of containers");
  std::vector<Container> containers;
  for (const auto& item : value->as_array()) {
    containers.push_back(from_list(item));
    if (containers.back().id.empty()) return misshapen("list of containers");
  }
  return containers;
}

base::Result<Container> parse_container_inspect(std::string_view text) {
  auto value = parse_engine_json(text);
  if (!value) return value.error();
  Container container;
  container.id = string_field(*value, {"Id"});
  if (container.id.empty()) return misshapen("description of a container");
  container.name = without_slash(string_field(*value, {"Name"}));
  container.image = string_field(*value, {"Config", "Image"});
  container.state = string_field(*value, {"State", "Status"});
  container.status = container.state;
  container.health = health_word(string_field(*value, {"State", "Health", "Status"}));
  container.created = parse_time(string_field(*value, {"Created"})).value_or(net::WallTime());
  container.started = parse_time(string_field(*value, {"State", "StartedAt"}));
  container.finished = parse_time(string_field(*value, {"State", "FinishedAt"}));
  if (!container.running() && container.started) {
    if (const auto code = integer_field(*value, {"State", "ExitCode"})) container.exit_code = static_cast<int>(*code);
  }
  container.labels = map_field(*value, {"Config", "Labels"});
  container.tty = bool_field(*value, {"Config", "Tty"});
  container.log_driver = string_field(*value, {"HostConfig", "LogConfig", "Type"});
  container.log_options = map_field(*value, {"HostConfig", "LogConfig", "Config"});
  container.inspected = true;
  return container;
}

}  // namespace docker
