// Position: where somebody stands in an application channel: `epoch:offset`, 16 hexadecimal digits and a number. A
// value.
//
// An epoch is one data set's: another one may lack what was published before. Offsets rise by one from message to
// message, also over the end of an epoch (docs/adr/0011-application-channels.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace messages {

struct Position {
  std::uint64_t epoch = 0;
  std::uint64_t offset = 0;  // of the last message that whoever stands here has; 0: of none

  std::string print() const;
  static std::optional<Position> parse(std::string_view text);  // of what print() says, and nothing else
  bool operator==(const Position&) const = default;
};

std::string print_epoch(std::uint64_t epoch);

}  // namespace messages
