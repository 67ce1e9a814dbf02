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

std::string gap_text(std::string_view channel, const messages::Recovery& lost, Form form) {
  base::Message json("gap");
  json.text("channel", channel).text("from", lost.from.print()).text("to", lost.to.print());
  json.text("reason", lost.reason);
  if (is_quiet(form)) json.text("data", "Messages are missing here: " + lost.reason);
  return json.take();
}

}  // namespace feeds
