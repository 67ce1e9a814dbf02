#include "api/container_json.hpp"

#include "api/message.hpp"
#include "feeds/container_json.hpp"

namespace api {

std::string container_json(const docker::Container& container, std::string_view engine) {
  return feeds::container_message(container, engine).take();
}

std::string inspected_json(const Inspected& inspected) {
  return feeds::container_message(inspected.container, inspected.engine).raw("inspect", inspected.answer).take();
}

std::string containers_json(const Containers& containers) {
  std::vector<std::string> all;
  for (const Containers::Row& each : containers.list) all.push_back(container_json(each.container, each.engine));
  Message answer;
  answer.list("containers", all);
  if (!containers.missing.empty()) answer.flag("partial", true).text("reason", containers.missing);
  return answer.take();
}

base::Result<docker::ListQuery> container_query(const http::Target& target) {
  docker::ListQuery query;
  for (const auto& [name, value] : target.query) {
    if (name == "label") query.labels.push_back(value);
    if (name == "name") query.names.push_back(value);
    if (name != "all" || value.empty()) continue;
    query.all = value == "true" || value == "1";
    if (!query.all && value != "false" && value != "0")
      return base::Error{base::Fault::bad_request, "all is true or false."};
  }
  return query;
}

std::string candidates_json(const std::vector<docker::Candidate>& candidates) {
  std::string json = "[";
  for (const docker::Candidate& each : candidates) {
    if (json.size() > 1) json += ',';
    json += Message().text("id", each.id).text("name", each.name).take();
  }
  return json += ']';
}

}  // namespace api
