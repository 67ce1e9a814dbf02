// EngineNews: the messages of `{engine}/docker:events` on the bus: what the one who reads an Engine's events and list
// tells the others (engine_events.hpp, containers_feed.hpp), and Wish, what they ask.
//
// On the wire, in a SharedFrame (little endian; a text is its length, u32, and its bytes):
//
//   kind u8 · flags u8 (1 first, 2 last, 4 complete) · time i64 · count u32 · n u32 × event text ·
//   n u32 × container · n u32 × id of one that is gone
//   container: id, name, image, state, status, health · created i64 · exit code known u8, i32 · n u32 × (label, value)
//   wish: events u8 · time i64 · count u32 · picture u8
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "docker/container.hpp"
#include "docker/event_memory.hpp"

namespace feeds {

struct EngineNews {
  enum class Kind : std::uint8_t {
    event,    // one, as the Engine told it
    missed,   // the next event does not join the one before
    resync,   // look at everything anew
    history,  // the events behind a position, in one or more pieces
    changes,  // in the picture
    picture,  // the whole of it, in one or more pieces
  };
  Kind kind = Kind::event;
  bool first = true, last = true;  // of the pieces
  bool complete = true;            // history: no event between the position and it is missing
  std::int64_t time_ns = 0;        // history: the position
  std::uint32_t count = 0;
  std::vector<std::string> events;
  std::vector<docker::Container> containers;  // as the Engine lists them
  std::vector<std::string> gone;
};
std::string encode(const EngineNews& news);
std::optional<EngineNews> decode_news(std::string_view bytes);
// What it takes of a piece.
std::size_t encoded_bytes(const docker::Container& container);
inline constexpr std::size_t piece_bytes = 128 * 1024;  // and what one more event or container has

struct EngineWish {
  enum class Picture : std::uint8_t { none, changes, whole };
  std::optional<docker::EventPosition> events;  // what came behind it; the engine is the channel's
  Picture picture = Picture::none;
};
std::string encode(const EngineWish& wish);
std::optional<EngineWish> decode_wish(std::string_view bytes);

}  // namespace feeds
