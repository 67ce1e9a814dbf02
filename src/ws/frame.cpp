#include "ws/frame.hpp"

#include <cstring>

#include "base/check.hpp"

namespace ws {

std::size_t header_bytes(std::uint64_t payload_bytes) {
  return payload_bytes < 126 ? 2 : payload_bytes <= 0xffff ? 4 : 10;
}

std::size_t write_header(char* out, Opcode opcode, std::uint64_t payload_bytes) {
  const std::size_t size = header_bytes(payload_bytes);
  out[0] = static_cast<char>(0x80 | static_cast<int>(opcode));
  out[1] = static_cast<char>(size == 2 ? payload_bytes : size == 4 ? 126 : 127);
  for (std::size_t i = size - 1; i >= 2; --i, payload_bytes >>= 8) out[i] = static_cast<char>(payload_bytes);
  return size;
}

void append_frame(std::string& out, Opcode opcode, std::string_view payload) {
  char header[header_bytes_max];
  out.append(header, write_header(header, opcode, payload.size()));
  out.append(payload);
}

void append_deflated_frame(std::string& out, Opcode opcode, std::string_view payload) {
  const std::size_t start = out.size();
  append_frame(out, opcode, payload);
  out[start] = static_cast<char>(out[start] | 0x40);
}

void append_close_frame(std::string& out, std::uint16_t code, std::string_view reason) {
  append_frame(out, Opcode::close, close_payload(code, reason));
}

void append_masked_frame(std::string& out, Opcode opcode, std::string_view payload, MaskKey key, bool last) {
  char header[header_bytes_max];
  const std::size_t size = write_header(header, opcode, payload.size());
  if (!last) header[0] = static_cast<char>(header[0] & 0x7f);
  header[1] = static_cast<char>(header[1] | 0x80);
  out.append(header, size);
  out.append(key.data(), key.size());
  const std::size_t start = out.size();
  out.append(payload);
  apply_mask(std::span(out).subspan(start), key, 0);
}

std::string close_payload(std::uint16_t code, std::string_view reason) {
  std::string payload;
  if (code == 0) return payload;
  CHECK(is_close_code(code));
  const std::size_t room = control_bytes_max - 2;
  if (reason.size() > room) {
    std::size_t end = room;
    while (end > 0 && (static_cast<unsigned char>(reason[end]) & 0xc0) == 0x80) --end;
    reason = reason.substr(0, end);
  }
  payload += static_cast<char>(code >> 8);
  payload += static_cast<char>(code);
  payload += reason;
  return payload;
}

bool is_close_code(std::uint16_t code) {
  if (code >= 1000 && code <= 1014) return code != 1004 && code != 1005 && code != 1006;
  return code >= 3000 && code <= 4999;
}

void apply_mask(std::span<char> bytes, MaskKey key, std::size_t offset) {
  char turned[8];
  for (std::size_t i = 0; i < 8; ++i) turned[i] = key[(offset + i) % 4];
  std::uint64_t pattern = 0;
  std::memcpy(&pattern, turned, 8);

  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, &bytes[at], 8);
    word ^= pattern;
    std::memcpy(&bytes[at], &word, 8);
  }
  for (; at < bytes.size(); ++at) bytes[at] = static_cast<char>(bytes[at] ^ turned[at % 4]);
}

}  // namespace ws
