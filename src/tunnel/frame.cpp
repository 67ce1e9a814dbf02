#include "tunnel/frame.hpp"

#include <algorithm>

#include "base/bytes.hpp"

namespace tunnel {
namespace {

constexpr char version = 1;
constexpr std::size_t head_bytes = 2 + 8 + 8;
constexpr std::size_t name_bytes_max = 256;

bool fits(const Frame& frame) {
  switch (frame.kind) {
    case Kind::here:
    case Kind::gone:
      return decode_announcement(frame.payload).has_value();
    case Kind::open:
    case Kind::known:
      return is_name(frame.payload);
    case Kind::credit:
      return frame.payload.size() == 8;
    case Kind::bytes:
      return !frame.payload.empty();
    case Kind::alive:
    case Kind::end:
    case Kind::who:
      return frame.payload.empty();
    case Kind::cut:
      return frame.payload.size() <= name_bytes_max;
  }
  return false;
}

}  // namespace

std::string encode_count(std::uint64_t count) {
  std::string text;
  base::put(text, count);
  return text;
}

std::uint64_t decode_count(std::string_view payload) { return base::Taker{payload}.number<std::uint64_t>(); }

std::string encode(const Frame& frame) {
  std::string bytes{version, static_cast<char>(frame.kind)};
  bytes.append(encode_count(frame.stream)).append(encode_count(frame.number));
  bytes += frame.kind == Kind::cut ? frame.payload.substr(0, name_bytes_max) : frame.payload;
  return bytes;
}

std::optional<Frame> decode(std::string_view bytes) {
  if (bytes.size() < head_bytes || bytes.size() > head_bytes + payload_bytes_max || bytes[0] != version)
    return std::nullopt;
  const auto kind = static_cast<unsigned char>(bytes[1]);
  if (kind > static_cast<unsigned char>(Kind::known)) return std::nullopt;
  const Frame frame{static_cast<Kind>(kind), decode_count(bytes.substr(2, 8)), decode_count(bytes.substr(10, 8)),
                    bytes.substr(head_bytes)};
  return fits(frame) ? std::optional(frame) : std::nullopt;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= name_bytes_max &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f' && c != '{' && c != '}'; });
}

std::string encode(const Announcement& announcement) {
  return std::string(announcement.host).append("\n").append(announcement.engine);
}

std::optional<Announcement> decode_announcement(std::string_view payload) {
  const std::size_t between = payload.find('\n');
  if (between == payload.npos) return std::nullopt;
  const Announcement announcement{payload.substr(0, between), payload.substr(between + 1)};
  return is_name(announcement.host) && is_name(announcement.engine) ? std::optional(announcement) : std::nullopt;
}

}  // namespace tunnel
