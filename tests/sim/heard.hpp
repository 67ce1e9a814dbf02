// Heard: one message from dockcast as a client understands it (protocol.md, "Server → client"). Pure: text in, a value
// out. Fields that a message does not have are empty.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "docker/position.hpp"

namespace sim {

struct HeardLine {
  std::int64_t time_ns = 0;
  docker::LogStream stream = docker::LogStream::out;
  std::string text;
  bool partial = false;
};

struct Heard {
  std::string type, channel, position;
  bool has_id = false;
  std::string prev;                         // logs
  std::vector<HeardLine> lines;             // logs, log
  std::string from, to, reason;             // gap; subscribed has them where something was lost
  std::string recovered;                    // subscribed
  std::string state;                        // status
  std::string code, message;                // error
  std::vector<Heard> subscriptions;         // connected
  std::optional<std::uint64_t> lines_lost;  // gap
};

// Nothing where it is not what the protocol says.
std::optional<Heard> parse_heard(std::string_view text);

}  // namespace sim
