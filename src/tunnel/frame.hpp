// Frame: what instances say to each other about the Engines that they reach, as it travels over the bus: format
// version, kind, stream, number, payload. Whoever can write to Redis can send anything: what comes out of decode()
// keeps every bound below. Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tunnel {

inline constexpr std::size_t payload_bytes_max = 32 * 1024;

enum class Kind : std::uint8_t {
  here,    // a host: its Engine answers (Announcement)
  gone,    // it does not, or the host goes
  open,    // asker → host: the asker's name
  bytes,   // both ways; towards the host no more than a request's head
  credit,  // asker → host: so many bytes were taken so far
  alive,   // both ways, where nothing else is said
  end,     // the stream is at its end; or the asker wants no more
  cut,     // it is broken off; why, in words
  who,     // somebody has come who knows no host yet
  known,   // to whom has asked: an Engine (its id) of which no host said "here"; it was there `number` seconds ago
};

struct Frame {
  Kind kind = Kind::alive;
  std::uint64_t stream = 0;  // drawn by the asker
  std::uint64_t number = 0;  // of this direction of the stream, from 0
  std::string_view payload = {};
};

std::string encode(const Frame& frame);
// Points into `bytes`. Nothing for what is none, or of another version.
std::optional<Frame> decode(std::string_view bytes);

std::string encode_count(std::uint64_t count);
std::uint64_t decode_count(std::string_view payload);  // of a credit's

// Names of instances and ids of Engines stand in names of channels: visible ASCII without braces.
bool is_name(std::string_view text);

struct Announcement {
  std::string_view host, engine;
};
std::string encode(const Announcement& announcement);
// Points into the payload of a frame.
std::optional<Announcement> decode_announcement(std::string_view payload);

// Bus channels.
inline constexpr std::string_view hosts_channel = "tunnel/hosts";
inline std::string host_channel(std::string_view name) { return "tunnel/host:" + std::string(name); }
inline std::string asker_channel(std::string_view name) { return "tunnel/asker:" + std::string(name); }

}  // namespace tunnel
