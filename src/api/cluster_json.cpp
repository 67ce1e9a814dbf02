#include "api/cluster_json.hpp"

#include "api/message.hpp"
#include "docker/timestamp.hpp"

namespace api {
namespace {

std::string answer(const roster::View& view, std::string_view name, const std::vector<std::string>& rows) {
  Message answer;
  answer.list(name, rows);
  if (view.more) answer.flag("more", true);
  if (!view.missing.empty()) answer.flag("partial", true).text("reason", view.missing);
  return answer.take();
}

Message& text_or_null(Message& row, std::string_view name, std::string_view text) {
  return text.empty() ? row.raw(name, "null") : row.text(name, text);
}

}  // namespace

std::string instances_json(const roster::View& view) {
  std::vector<std::string> rows;
  for (const roster::Instance& each : view.instances) {
    std::vector<std::string> engines;
    for (const std::string& engine : each.engines) engines.push_back(base::json_string(engine));
    Message row;
    row.text("instance", each.label).text("id", each.id).list("engines", engines).number("sessions", each.sessions);
    row.number("channels", each.channels).number("readers", each.readers);
    rows.push_back(row.text("started", docker::format_time(each.started)).text("version", each.version).take());
  }
  return answer(view, "instances", rows);
}

std::string sessions_json(const roster::View& view) {
  std::vector<std::string> rows;
  for (const roster::Session& each : view.sessions) {
    Message row;
    row.text("session", each.name).text("instance", each.instance);
    text_or_null(row, "subject", each.subject).text("address", each.address);
    row.text("connected", docker::format_time(each.connected)).number("subscriptions", each.subscriptions);
    rows.push_back(row.take());
  }
  return answer(view, "sessions", rows);
}

std::string channels_json(const roster::View& view) {
  std::vector<std::string> rows;
  for (const auto& [name, channel] : view.channels) {
    Message row;
    row.text("channel", name).number("followers", channel.followers);
    rows.push_back(text_or_null(row, "reader", channel.reader).take());
  }
  return answer(view, "channels", rows);
}

}  // namespace api
