#include "api/broadcasts.hpp"

#include <boost/json.hpp>

#include "api/command.hpp"

namespace api {

std::optional<Broadcast> parse_broadcast(std::string_view text) {
  namespace json = boost::json;
  boost::system::error_code error;
  const json::value value = json::parse(json::string_view(text.data(), text.size()), error);
  const json::object* object = error ? nullptr : value.if_object();
  const json::value* channel = object == nullptr ? nullptr : object->if_contains("channel");
  if (channel == nullptr || !channel->is_string() || !object->contains("payload")) return std::nullopt;
  return Broadcast{std::string(channel->as_string()), in_one_line(raw_member(text, "payload"))};
}

void Broadcasts::on_frame(std::string_view text) {
  const auto broadcast = parse_broadcast(text);
  const auto channel = broadcast ? parse_channel(broadcast->channel) : std::nullopt;
  if (!channel) {
    ++counts_.malformed;
    return;
  }
  ++counts_.heard[static_cast<std::size_t>(channel->family)];
  if (channel->family < Family::app || channel->family > Family::plain) {
    ++counts_.foreign;
  } else {
    say_(channel->family, *broadcast);
  }
}

}  // namespace api
