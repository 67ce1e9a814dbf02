#include "feeds/container_json.hpp"

#include "docker/timestamp.hpp"

namespace feeds {

base::Message container_message(const docker::Container& container, std::string_view engine) {
  base::Message json;
  json.text("id", container.id).text("name", container.name).text("image", container.image);
  json.text("state", container.state).text("status", container.status).text_if("health", container.health);
  json.text("created", docker::format_time(container.created));
  if (container.started) json.text("started", docker::format_time(*container.started));
  if (container.finished) json.text("finished", docker::format_time(*container.finished));
  if (container.exit_code) json.number("exit_code", *container.exit_code);
  base::Message labels;
  for (const auto& [name, value] : container.labels) labels.text(name, value);
  json.raw("labels", labels.take()).text_if("project", container.project()).text_if("service", container.service());
  json.text("engine", engine);
  return json;
}

}  // namespace feeds
