// Publication: framed bytes of one ring, made once on the control loop and then immutable; every serving loop holds a
// reference. Consecutive publications of a ring lie end to end in its chunks, so that several leave in one send.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <type_traits>

#include "net/loop.hpp"

namespace hub {

// A position of the channel as the one who feeds it understands it. The hub compares and carries it, no more.
class Place {
 public:
  Place() = default;
  template <class Position>
  static Place of(const Position& position) {
    static_assert(std::is_trivially_copyable_v<Position> && sizeof(Position) <= sizeof(bytes_));
    static_assert(std::has_unique_object_representations_v<Position>, "padding would compare as content");
    Place place;
    std::memcpy(place.bytes_.data(), &position, sizeof position);
    return place;
  }
  template <class Position>
  Position as() const {
    Position position;
    std::memcpy(&position, bytes_.data(), sizeof position);
    return position;
  }
  bool operator==(const Place&) const = default;

 private:
  alignas(8) std::array<std::byte, 72> bytes_{};
};

struct Publication {
  std::uint64_t sequence = 0;      // consecutive within the ring, from 1
  std::string_view bytes;          // inside `chunk`
  std::uint32_t messages = 0;      // WebSocket messages in `bytes`
  net::WallTime source_time = {};  // of its last line; zero where there is none
  Place after;                     // where a follower stands who has it
  std::shared_ptr<const char[]> chunk;
};
using PublicationRef = std::shared_ptr<const Publication>;

}  // namespace hub
