#include "follower.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include "line.hpp"

namespace bench {
namespace {

struct FrameHead {
  size_t header_bytes = 0;
  size_t payload_bytes = 0;
};

// RFC 6455 5.2, for frames of a server, which are not masked. False: not enough bytes yet.
bool read_head(std::string_view bytes, FrameHead& head) {
  if (bytes.size() < 2) return false;
  auto byte = [&](size_t at) { return static_cast<size_t>(static_cast<unsigned char>(bytes[at])); };
  size_t length = byte(1) & 0x7f;
  size_t extended = length == 126 ? 2 : length == 127 ? 8 : 0;
  if (bytes.size() < 2 + extended) return false;
  if (extended > 0) length = 0;
  for (size_t at = 0; at < extended; ++at) length = length << 8 | byte(2 + at);
  head = {2 + extended, length};
  return true;
}

constexpr size_t long_frame = 4096;

// How many bytes the line that begins here needs at least, as far as that can be seen.
size_t line_bytes_least(std::string_view text) {
  if (text.size() < line_bytes_min) return line_bytes_min;
  return std::min<size_t>(parse_digits8(text.data() + 18), line_bytes_max);
}

// Whole filler is compared on one line in sixteen: comparing all would make the load generator the bottleneck.
bool filler_is_whole(std::string_view text, const Line& line) {
  static const std::string filler(line_bytes_max, 'x');
  if (line.sequence % 16 != 0) return true;
  size_t bytes = line.bytes - line_bytes_min;
  return std::memcmp(text.data() + line_bytes_min - 1, filler.data(), std::min(bytes, filler.size())) == 0;
}

}  // namespace

size_t Follower::take(std::string_view bytes, int64_t now_us, Tally& tally) {
  size_t taken = 0;
  FrameHead head;
  while (!closed_) {
    if (left_ > 0) {
      const size_t part = std::min(left_, bytes.size() - taken);
      const size_t used = take_part(bytes.substr(taken, part), now_us, tally);
      taken += used;
      if (left_ > 0) break;
      continue;
    }
    if (!read_head(bytes.substr(taken), head)) break;
    if (bytes.size() - taken < head.header_bytes + head.payload_bytes) {
      if (head.payload_bytes < long_frame || bytes[taken] != '\x81') break;
      left_ = head.payload_bytes;
      has_line_ = false;
      taken += head.header_bytes;
      continue;
    }
    std::string_view payload = bytes.substr(taken + head.header_bytes, head.payload_bytes);
    bool masked = bytes[taken + 1] & '\x80';
    if (masked) ++tally.damaged;
    take_frame(static_cast<uint8_t>(bytes[taken]), payload, now_us, tally);
    taken += head.header_bytes + head.payload_bytes;
  }
  return taken;
}

size_t Follower::take_records(std::string_view bytes, int64_t now_us, Tally& tally) {
  constexpr size_t head_bytes = 8;
  size_t taken = 0;
  while (bytes.size() - taken >= head_bytes) {
    size_t length = 0;
    for (size_t at = 4; at < head_bytes; ++at) length = length << 8 | static_cast<unsigned char>(bytes[taken + at]);
    if (bytes.size() - taken - head_bytes < length) break;
    take_text(bytes.substr(taken + head_bytes, length), now_us, tally);
    taken += head_bytes + length;
  }
  return taken;
}

void Follower::take_frame(uint8_t first_byte, std::string_view payload, int64_t now_us, Tally& tally) {
  switch (first_byte) {
    case 0x81:
      return take_text(payload, now_us, tally);
    case 0x89:  // ping; the answer is masked, with a key of zeros
      reply_ += {'\x8a', static_cast<char>(0x80 | payload.size()), 0, 0, 0, 0};
      reply_ += payload;
      return;
    case 0x8a:
      return;
    case 0x88:
      closed_ = true;
      return;
    default:
      ++tally.damaged;  // no server here sends fragments or binary
  }
}

// Of a long text frame that comes in pieces, whose lines are taken as they come: to keep what is not whole of it, and
// copy it back and forth, would make the load generator the bottleneck. Returns how much of the piece is done with.
size_t Follower::take_part(std::string_view part, int64_t now_us, Tally& tally) {
  const bool last = part.size() == left_;
  const size_t seen = take_lines(part, last, now_us, tally);
  const size_t used = last ? part.size() : seen;
  left_ -= used;
  tally.bytes += used;
  if (last) ++(has_line_ ? tally.frames : tally.other_frames);
  return used;
}

void Follower::take_text(std::string_view payload, int64_t now_us, Tally& tally) {
  has_line_ = false;
  take_lines(payload, true, now_us, tally);
  if (has_line_) {
    ++tally.frames;
    tally.bytes += payload.size();
    return;
  }
  ++tally.other_frames;
  tally.last_other = payload.substr(0, 300);
  if (payload.find(R"("type":"gap")") != std::string_view::npos) ++tally.gaps;
  if (payload.find(R"("type":"subscribed")") != std::string_view::npos) subscribed_ = true;
}

// All lines that are there; where more is to come, up to the first that is not whole. Returns how far.
size_t Follower::take_lines(std::string_view payload, bool is_all, int64_t now_us, Tally& tally) {
  size_t at = 0, found = 0;
  while ((found = payload.find("@@", at)) != std::string_view::npos) {
    at = found;
    std::string_view text = payload.substr(at);
    if (!is_all && text.size() < line_bytes_least(text)) return at;
    std::optional<Line> line = parse_line(text);
    has_line_ = true;
    tally.last_seen_us = now_us;
    if (!line || line->channel != channel_ || !filler_is_whole(text, *line)) {
      ++tally.damaged;
      at += 2;
      continue;
    }
    judge(line->sequence, tally);
    tally.latency_us.add(now_us - line->time_us);
    if (tally.first_printed_us == 0) tally.first_printed_us = line->time_us;
    at += line->bytes;
  }
  return payload.ends_with('@') ? std::max(at, payload.size() - 1) : payload.size();
}

void Follower::judge(uint32_t sequence, Tally& tally) {
  if (sequence == next_) {
    ++next_;
    ++tally.deliveries;
  } else if (sequence > next_) {
    holes_ += sequence - next_;
    tally.lost += sequence - next_;
    next_ = sequence + 1;
    ++tally.deliveries;
  } else if (holes_ > 0) {
    --holes_;
    --tally.lost;
    ++tally.out_of_order;
  } else {
    ++tally.duplicates;
  }
}

}  // namespace bench
