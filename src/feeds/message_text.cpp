#include "feeds/message_text.hpp"

#include "base/message.hpp"
#include "docker/timestamp.hpp"

namespace feeds {

std::string message_text(std::string_view channel, const messages::Message& message) {
  base::Message json("message");
  json.text("channel", channel).text("position", message.position.print());
  json.text("time", docker::format_time(message.time));
  json.text_if("message_id", message.message_id).text_if("from", message.from);
  return json.raw("data", message.data).take();
}

std::string unkept_text(std::string_view channel, std::string_view data) {
  return base::Message("message").text("channel", channel).raw("data", data).take();
}

std::string presence_text(std::string_view type, std::string_view channel, const Member& member) {
  base::Message json(type);
  json.text("channel", channel).text("session", member.session).text("subject", member.subject);
  return json.text("instance", member.instance).take();
}

std::string gap_text(std::string_view channel, const messages::Recovery& lost, Form form) {
  base::Message json("gap");
  json.text("channel", channel).text("from", lost.from.print()).text("to", lost.to.print());
  json.text("reason", lost.reason);
  if (const auto lines = messages::missing(lost)) json.number("lines", *lines);
  if (is_quiet(form)) json.text("data", "Messages are missing here: " + lost.reason);
  return json.take();
}

}  // namespace feeds
