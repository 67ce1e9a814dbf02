#include "messages/message.hpp"

#include <charconv>

#include "base/bytes.hpp"

namespace messages {
namespace {

constexpr std::string_view message_head = "m1 ", tip_head = "t1 ";
constexpr std::size_t epoch_digits = 16;

std::string place_of(const Position& position) {
  return print_epoch(position.epoch) + " " + std::to_string(position.offset);
}

// Both know of versions: a letter, a number, a space.
bool is_of_a_version(std::string_view bytes) {
  const std::size_t space = bytes.substr(0, 8).find(' ');
  return space != bytes.npos && space > 1 && (bytes[0] == 'm' || bytes[0] == 't') &&
         bytes.substr(1, space - 1).find_first_not_of("0123456789") == bytes.npos;
}

}  // namespace

std::uint64_t microseconds(net::WallTime time) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count());
}

std::optional<net::WallTime> time_of(std::string_view text) {
  if (text.size() > 1 && text[0] == '0') return std::nullopt;
  std::uint64_t count = 0;
  const char* end = text.data() + text.size();
  const auto taken = std::from_chars(text.data(), end, count);
  constexpr auto most = std::chrono::duration_cast<std::chrono::microseconds>(net::Duration::max()).count();
  if (taken.ec != std::errc() || taken.ptr != end || count > static_cast<std::uint64_t>(most)) return std::nullopt;
  return net::WallTime(std::chrono::microseconds(count));
}

std::string body_of(std::string_view message_id, std::string_view from, std::string_view data) {
  std::string body;
  for (const std::string_view text : {message_id, from, data}) base::put_text(body, text);
  return body;
}

bool take_body(std::string_view body, Message& into) {
  base::Taker taker{body};
  for (std::string* text : {&into.message_id, &into.from, &into.data}) *text = taker.text();
  return taker.good && taker.rest.empty();
}

std::string encode(const Message& message) {
  std::string frame(message_head);
  frame.append(place_of(message.position)).append(" ").append(std::to_string(microseconds(message.time)));
  return frame.append("\n").append(body_of(message.message_id, message.from, message.data));
}

std::string encode_tip(const Position& position) {
  return std::string(tip_head).append(place_of(position)).append("\n");
}

std::optional<Frame> decode(std::string_view bytes, Undecodable& why) {
  Frame frame{.tip = bytes.starts_with(tip_head), .message = {}};
  why = Undecodable::malformed;
  if (!frame.tip && !bytes.starts_with(message_head)) {
    if (is_of_a_version(bytes)) why = Undecodable::version;
    return std::nullopt;
  }
  // "<epoch> <offset>", as a position but for the space, and the time where it is a message.
  const std::string_view line = bytes.substr(0, bytes.find('\n'));
  if (line.size() == bytes.size()) return std::nullopt;
  const std::string_view body = bytes.substr(line.size() + 1), place = line.substr(message_head.size());
  if (place.size() <= epoch_digits || place[epoch_digits] != ' ') return std::nullopt;
  const std::size_t behind = frame.tip ? place.size() : place.find(' ', epoch_digits + 1);
  std::string printed(place.substr(0, behind));
  printed[epoch_digits] = ':';
  const auto position = Position::parse(printed);
  if (!position) return std::nullopt;
  frame.message.position = *position;
  if (frame.tip) return body.empty() ? std::optional(frame) : std::nullopt;

  const auto time = behind == place.npos ? std::nullopt : time_of(place.substr(behind + 1));
  if (!time || !take_body(body, frame.message)) return std::nullopt;
  frame.message.time = *time;
  return frame;
}

}  // namespace messages
