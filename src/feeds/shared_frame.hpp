// SharedFrame: what goes over the bus where one instance reads something of the Engine for all (shared_reading.hpp).
//
// On the wire (little endian; the head is laid out as a LogFrame's):
//
//   version u8 · kind u8 · flags u8 (1: the Engine answers) · 0 u8 · fence 2×u64 · sender u64 · sequence u64 · body
//
// A frame of another version or that is malformed decodes to nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "feeds/log_frame.hpp"
#include "lease/lease.hpp"

namespace feeds {

struct SharedFrame {
  enum class Kind : std::uint8_t {
    message,   // the reader's, with the next number
    beat,      // the reader's, with the number of its last message
    released,  // the reader gives the lease away
    wish,      // a hearer's: no fence, no number
  };

  Kind kind = Kind::message;
  bool engine_answers = true;
  lease::Fence fence{};
  std::uint64_t sender = 0;  // a number drawn by each SharedReading
  std::uint64_t sequence = 0;
  std::string_view body;  // of whatever it was made from
};

std::string encode(const SharedFrame& frame);
std::optional<SharedFrame> decode_shared(std::string_view bytes, Undecodable& why);

}  // namespace feeds
