// Message: one publication of an application channel, as it is kept and as it goes over the bus. Values.
//
// On the bus, begun by Redis' script, which writes text (of both ends; times are microseconds of Unix time):
//
//   m1 <epoch> <offset> <time>\n<body>       a message; epoch and offset as Position prints them
//   t1 <epoch> <offset>\n                    a tip: the last message that there is
//
// Body, also of the store's entry: message_id, from, data, each as base::put_text. What is of another version or
// malformed decodes to nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/position.hpp"
#include "net/loop.hpp"

namespace messages {

struct Message {
  Position position;
  net::WallTime time{};    // when it was stored, by the store's clock
  std::string message_id;  // the publisher's; empty: it gave none
  std::string from;        // the publisher's subject
  std::string data;        // JSON
};

// Times as they are written: microseconds of Unix time.
std::uint64_t microseconds(net::WallTime time);
std::optional<net::WallTime> time_of(std::string_view text);

std::string body_of(std::string_view message_id, std::string_view from, std::string_view data);
// Into a message's message_id, from and data; false where it is malformed.
bool take_body(std::string_view body, Message& into);

std::string encode(const Message& message);
std::string encode_tip(const Position& position);

struct Frame {
  bool tip = false;
  Message message;  // of a tip only its position
};
enum class Undecodable : std::uint8_t { version, malformed };
std::optional<Frame> decode(std::string_view bytes, Undecodable& why);

}  // namespace messages
