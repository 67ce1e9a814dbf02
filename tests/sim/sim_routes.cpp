// The plain answers of the simulated Engine: one body, known at once.
#include <charconv>

#include "docker/timestamp.hpp"
#include "sim/sim_connection.hpp"

namespace sim {
namespace {

namespace json = boost::json;

SimAnswer refusal(int status, const std::string& message) {
  return {status, json::serialize(json::object{{"message", message}}) + "\n"};
}

}  // namespace

SimAnswer SimConnection::version_refused(const SimRequest& request) {
  if (request.version.empty()) return {};
  int minor = 0;
  const std::string& asked = request.version;
  if (asked.starts_with("1.")) std::from_chars(asked.data() + 2, asked.data() + asked.size(), minor);
  if (minor > api_minor()) {
    return refusal(400, "client version " + asked + " is too new. Maximum supported API version is 1." +
                            std::to_string(api_minor()));
  }
  if (minor >= api_minor_min()) return {};
  const std::string message = "client version " + asked + " is too old. Minimum supported API version is 1." +
                              std::to_string(api_minor_min()) + ", please upgrade your client to a newer version";
  return old() ? SimAnswer{400, message + "\n", "text/plain; charset=utf-8"} : refusal(400, message);
}

SimAnswer SimConnection::plain(const SimRequest& request) {
  if (SimAnswer refused = version_refused(request); refused.status != 200) return refused;
  if (request.path == "/_ping" && (request.method == "GET" || request.method == "HEAD")) {
    return {200, "OK", "text/plain; charset=utf-8", {{"Ostype", "linux"}, {"Docker-Experimental", "false"}}};
  }
  constexpr std::string_view under = "/containers/", inspected = "/json";
  const std::string_view path = request.path;
  if (request.method != "GET") return refusal(404, "page not found");
  if (path == "/version") return about();
  if (path == "/info") return info();
  if (path == "/containers/json") return list(request);
  if (path.starts_with(under) && path.ends_with(inspected) && path.size() > under.size() + inspected.size()) {
    return inspect(request, path.substr(under.size(), path.size() - under.size() - inspected.size()));
  }
  return refusal(404, "page not found");
}

SimAnswer SimConnection::about() {
  json::object answer;
  answer["Components"] = json::array{json::object{{"Name", "Engine"}, {"Version", old() ? "20.10.24" : "26.1.5"}}};
  answer["Version"] = old() ? "20.10.24" : "26.1.5";
  answer["ApiVersion"] = "1." + std::to_string(api_minor());
  answer["MinAPIVersion"] = "1." + std::to_string(api_minor_min());
  answer["Os"] = "linux";
  return {200, json::serialize(answer) + "\n"};
}

SimAnswer SimConnection::info() {
  json::object answer;
  answer["ID"] = engine_.options().engine_id;
  answer["Containers"] = engine_.known_.size();
  answer["Name"] = "simulated";
  answer["SystemTime"] = docker::format_time(net::WallTime(net::Duration(engine_.wall())));
  answer["ServerVersion"] = old() ? "20.10.24" : "26.1.5";
  return {200, json::serialize(answer) + "\n"};
}

SimAnswer SimConnection::list(const SimRequest& request) {
  ++engine_.counts_.list_requests;
  const auto filters = SimFilters::parse(request.get("filters"));
  if (!filters) {
    return old() ? refusal(500, "invalid character 'x' looking for beginning of value")
                 : refusal(400, "invalid filter");
  }
  const bool all = request.yes("all") || filters->has("status");
  std::string items;
  for (auto it = engine_.known_.rbegin(); it != engine_.known_.rend(); ++it) {  // the newest first
    const SimContainer& one = **it;
    const std::string& name = one.options().name;
    const bool shown = (all || one.state() == "running" || one.state() == "paused") &&
                       filters->allows_labels(one.options().labels) &&
                       filters->allows("id", [&](const std::string& id) { return one.id().starts_with(id); }) &&
                       filters->allows("name", [&](const std::string& part) { return name.find(part) != name.npos; }) &&
                       filters->allows("status", [&](const std::string& state) { return one.state() == state; });
    if (shown) items += (items.empty() ? "" : ",") + one.list_json();
  }
  return {200, "[" + items + "]\n"};
}

SimAnswer SimConnection::inspect(const SimRequest&, std::string_view text) {
  const auto found = engine_.matching(text);
  if (found.size() == 1) return {200, found.front()->inspect_json()};
  if (found.empty()) return refusal(404, "No such container: " + std::string(text));
  return old() ? refusal(500, "Multiple IDs found with provided prefix: " + std::string(text))
               : refusal(400, "multiple IDs found with provided prefix: " + std::string(text));
}

}  // namespace sim
