#include "api/container_json.hpp"

#include "api/message.hpp"
#include "docker/timestamp.hpp"

namespace api {
namespace {

Message message_of(const docker::Container& container, std::string_view engine) {
  Message json;
  json.text("id", container.id).text("name", container.name).text("image", container.image);
  json.text("state", container.state).text("status", container.status).text_if("health", container.health);
  json.text("created", docker::format_time(container.created));
  if (container.started) json.text("started", docker::format_time(*container.started));
  if (container.finished) json.text("finished", docker::format_time(*container.finished));
  if (container.exit_code) json.number("exit_code", *container.exit_code);
  Message labels;
  for (const auto& [name, value] : container.labels) labels.text(name, value);
  json.raw("labels", labels.take()).text_if("project", container.project()).text_if("service", container.service());
  json.text("engine", engine);
  return json;
}

}  // namespace

std::string container_json(const docker::Container& container, std::string_view engine) {
  return message_of(container, engine).take();
}

std::string inspected_json(const Inspected& inspected) {
  return message_of(inspected.container, inspected.engine).raw("inspect", inspected.answer).take();
}

std::string containers_json(const Containers& containers) {
  std::vector<std::string> all;
  for (const docker::Container& each : containers.list) all.push_back(container_json(each, containers.engine));
  return Message().list("containers", all).take();
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

}  // namespace api
