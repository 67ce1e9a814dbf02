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
  while (!closed_ && read_head(bytes.substr(taken), head)) {
    if (bytes.size() - taken < head.header_bytes + head.payload_bytes) break;
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

void Follower::take_text(std::string_view payload, int64_t now_us, Tally& tally) {
  bool has_line = false;
  size_t at = 0;
  while ((at = payload.find("@@", at)) != std::string_view::npos) {
    std::string_view text = payload.substr(at);
    std::optional<Line> line = parse_line(text);
    has_line = true;
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
  if (has_line) {
    ++tally.frames;
    tally.bytes += payload.size();
    tally.last_seen_us = now_us;
    return;
  }
  ++tally.other_frames;
  tally.last_other = payload.substr(0, 300);
  if (payload.find(R"("type":"gap")") != std::string_view::npos) ++tally.gaps;
  if (payload.find(R"("type":"subscribed")") != std::string_view::npos) subscribed_ = true;
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
