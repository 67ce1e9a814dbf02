#include "sim/sim_log.hpp"

namespace sim {
namespace {

// How many bytes the UTF-8 character at the front has; 0 where there is none (RFC 3629).
std::size_t character_bytes(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned first = byte(0), second = byte(1);
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xc0U) == 0x80U; };
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const unsigned least = first == 0xe0 ? 0xa0 : 0x80, most = first == 0xed ? 0x9f : 0xbf;
    return second >= least && second <= most && follows(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const unsigned least = first == 0xf0 ? 0x90 : 0x80, most = first == 0xf4 ? 0x8f : 0xbf;
    return second >= least && second <= most && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

// In a JSON string as Docker's jsonlog writes it.
std::uint64_t escaped_bytes(std::string_view text) {
  std::uint64_t bytes = 0;
  while (!text.empty()) {
    const std::size_t size = character_bytes(text);
    const char c = text.front();
    if (size == 0 || (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r') || c == '<' || c == '>' ||
        c == '&') {
      bytes += 6;  // \u00XX, \ufffd
    } else if (c == '"' || c == '\\' || c == '\n' || c == '\r') {
      bytes += 2;
    } else {
      bytes += size;
    }
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return bytes;
}

std::uint64_t varint_bytes(std::uint64_t value) {
  std::uint64_t bytes = 1;
  for (; value >= 0x80; value >>= 7) ++bytes;
  return bytes;
}

}  // namespace

std::string valid_utf8(std::string_view text) {
  std::string valid;
  while (!text.empty()) {
    const std::size_t size = character_bytes(text);
    valid += size == 0 ? std::string_view("\xef\xbf\xbd") : text.substr(0, size);
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return valid;
}

std::string SimLog::payload_of(const SimPiece& piece) const {
  if (options_.driver == LogDriver::local) {
    // 20.10 keeps only whether a record is a piece, so that the last one has lost its newline.
    const bool newline = generation_ == Generation::docker_20 ? !piece.piece : !piece.piece || piece.last;
    return newline ? piece.line + '\n' : piece.line;
  }
  return valid_utf8(piece.line) + (piece.piece && !piece.last ? "" : "\n");
}

std::uint64_t SimLog::bytes_of(const SimPiece& piece) const {
  if (options_.driver == LogDriver::local) {  // a length, protobuf, the length again
    const std::uint64_t size = piece.line.size();
    return 8 + 8 + 10 + 1 + varint_bytes(size) + size + (piece.piece ? 2 : 0);
  }
  return escaped_bytes(piece.line) + std::string_view(R"({"log":"\n","stream":"stdout","time":""}!)").size() + 30;
}

void SimLog::append(const SimPiece& piece) {
  if (options_.max_size > 0 && files_.back().bytes >= options_.max_size) rotate();
  File& file = files_.back();
  file.bytes += bytes_of(piece);
  file.end = records_.size() + 1;
  records_.push_back({piece.stream, piece.stamp, payload_of(piece), piece.piece && !piece.last, file.bytes});
  for (auto* follower : followers_) follower->on_append();
}

std::vector<SimLine> SimLog::lines(SimStream stream) const {
  std::vector<SimLine> lines;
  bool open = false;
  for (std::size_t i = 0; i < records_.size(); ++i) {
    const SimRecord& record = records_[i];
    if (record.stream != stream) continue;
    std::string_view text = record.payload;
    if (text.ends_with('\n')) text.remove_suffix(1);
    // Another stamp: the process ended within its line, and a later one goes on in the same log.
    if (!open || lines.back().stamp != record.stamp) lines.push_back({record.stamp, {}, i, i});
    lines.back().text += text;
    lines.back().end = i + 1;
    open = record.goes_on;
  }
  return lines;
}

void SimLog::rotate() {
  files_.push_back({records_.size(), records_.size(), 0});
  const auto kept = static_cast<std::size_t>(std::max(options_.max_file, 1));
  if (files_.size() - oldest_file_ > kept) oldest_file_ = files_.size() - kept;
  for (auto* follower : followers_) follower->on_rotate();
}

void SimLog::close() {
  open_ = false;
  for (auto* follower : followers_) follower->on_close();
}

}  // namespace sim
