// What the simulated Engine says about a container, in the shapes of /containers/json and /containers/{id}/json.
#include <boost/json.hpp>

#include "docker/timestamp.hpp"
#include "sim/sim_engine.hpp"

namespace sim {
namespace {

namespace json = boost::json;

std::string time_text(std::int64_t time) {
  return time == 0 ? "0001-01-01T00:00:00Z" : docker::format_time(net::WallTime(net::Duration(time)));
}

// As units.HumanDuration of Docker.
std::string human(std::int64_t nanoseconds) {
  const std::int64_t seconds = nanoseconds / 1'000'000'000, minutes = seconds / 60, hours = (minutes + 30) / 60;
  if (seconds < 1) return "Less than a second";
  if (seconds == 1) return "1 second";
  if (seconds < 60) return std::to_string(seconds) + " seconds";
  if (minutes == 1) return "About a minute";
  if (minutes < 60) return std::to_string(minutes) + " minutes";
  if (hours == 1) return "About an hour";
  return hours < 48 ? std::to_string(hours) + " hours" : std::to_string(hours / 24) + " days";
}

json::object object_of(const std::map<std::string, std::string>& map) {
  json::object object;
  for (const auto& [key, value] : map) object[key] = value;
  return object;
}

std::string_view driver_name(LogDriver driver) {
  switch (driver) {
    case LogDriver::json_file:
      return "json-file";
    case LogDriver::local:
      return "local";
    case LogDriver::none:
      return "none";
  }
  return {};
}

json::object options_of(const LogOptions& log) {
  json::object options;
  if (log.max_size > 0) {
    options["max-size"] = std::to_string(log.max_size);
    options["max-file"] = std::to_string(log.max_file);
  }
  return options;
}

}  // namespace

std::string SimContainer::inspect_json() const {
  const bool runs = state_ == "running" || state_ == "paused";
  json::object answer;
  answer["Id"] = options_.id;
  answer["Created"] = time_text(created_);
  answer["State"] = json::object{{"Status", state_},
                                 {"Running", runs},
                                 {"Paused", paused_},
                                 {"Restarting", false},
                                 {"OOMKilled", false},
                                 {"Dead", false},
                                 {"Pid", runs ? 4711 : 0},
                                 {"ExitCode", runs ? 0 : exit_code_},
                                 {"Error", ""},
                                 {"StartedAt", time_text(started_)},
                                 {"FinishedAt", time_text(finished_)}};
  answer["Name"] = "/" + options_.name;
  answer["RestartCount"] = 0;
  const json::object log{{"Type", driver_name(options_.log.driver)}, {"Config", options_of(options_.log)}};
  answer["HostConfig"] = json::object{{"LogConfig", log}, {"NetworkMode", "none"}};
  answer["Config"] =
      json::object{{"Tty", options_.tty}, {"Image", options_.image}, {"Labels", object_of(options_.labels)}};
  return json::serialize(answer) + "\n";
}

std::string SimContainer::list_json() const {
  std::string status = "Created";
  if (state_ == "exited") {
    status = "Exited (" + std::to_string(exit_code_) + ") " + human(engine_.wall() - finished_) + " ago";
  } else if (state_ != "created") {
    status = "Up " + human(engine_.wall() - started_) + (state_ == "paused" ? " (Paused)" : "");
  }
  json::object answer;
  answer["Id"] = options_.id;
  answer["Names"] = json::array{"/" + options_.name};
  answer["Image"] = options_.image;
  answer["Created"] = created_ / 1'000'000'000;
  answer["Labels"] = object_of(options_.labels);
  answer["State"] = state_;
  answer["Status"] = status;
  return json::serialize(answer);
}

}  // namespace sim
