#include "base/json_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace base {
namespace {

constexpr std::array<bool, 256> make_plain() {
  std::array<bool, 256> plain{};
  for (int byte = 0x20; byte < 0x80; ++byte)
    plain[static_cast<std::size_t>(byte)] = byte != '"' && byte != '\\' && byte != 0x7f;
  return plain;
}
constexpr std::array<bool, 256> plain = make_plain();

using Bytes = std::int8_t __attribute__((vector_size(16)));

// Whether sixteen bytes are plain. As signed numbers, those beyond ASCII are below 0x20 too.
bool all_plain(const char* text) {
  Bytes bytes;
  std::memcpy(&bytes, text, sizeof bytes);
  const auto special = (bytes < 0x20) | (bytes == '"') | (bytes == '\\') | (bytes == 0x7f);
  std::array<std::uint64_t, 2> halves{};
  std::memcpy(halves.data(), &special, sizeof special);
  return (halves[0] | halves[1]) == 0;
}

// Length of the valid character that starts here, or 0 (RFC 3629, table in section 4).
std::size_t character(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0; };
  const auto follows = [&](std::size_t i) { return (at(i) & 0xc0) == 0x80; };
  const int lead = at(0);
  if (lead >= 0xc2 && lead <= 0xdf) return follows(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    if (!follows(1) || !follows(2)) return 0;
    if (lead == 0xe0 && at(1) < 0xa0) return 0;  // overlong
    if (lead == 0xed && at(1) > 0x9f) return 0;  // surrogate
    return 3;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    if (!follows(1) || !follows(2) || !follows(3)) return 0;
    if (lead == 0xf0 && at(1) < 0x90) return 0;  // overlong
    if (lead == 0xf4 && at(1) > 0x8f) return 0;  // above U+10FFFF
    return 4;
  }
  return 0;
}

void append_special(std::string& out, std::uint8_t byte) {
  static constexpr char digits[] = "0123456789abcdef";
  switch (byte) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (byte < 0x80) {
    out += "\\u00";
    out += digits[byte >> 4];
    out += digits[byte & 15];
  } else {
    out += "\xef\xbf\xbd";  // U+FFFD
  }
}

}  // namespace

void append_json_text(std::string& out, std::string_view raw) {
  std::size_t start = 0;  // of the run that can be copied as it is
  std::size_t i = 0;
  while (i < raw.size()) {
    // What is left at the end is looked at with what stands before it.
    const std::size_t left = raw.size() - i;
    if (raw.size() >= sizeof(Bytes) && all_plain(raw.data() + std::min(i, raw.size() - sizeof(Bytes)))) {
      i += std::min(left, sizeof(Bytes));
      continue;
    }
    const auto byte = static_cast<std::uint8_t>(raw[i]);
    if (plain[byte]) {
      ++i;
      continue;
    }
    if (byte >= 0x80) {
      if (const std::size_t length = character(raw.substr(i)); length > 0) {
        i += length;
        continue;
      }
    }
    out.append(raw, start, i - start);
    append_special(out, byte);
    start = ++i;
  }
  out.append(raw, start, i - start);
}

void append_json_string(std::string& out, std::string_view raw) {
  out += '"';
  append_json_text(out, raw);
  out += '"';
}

std::string json_string(std::string_view raw) {
  std::string out;
  append_json_string(out, raw);
  return out;
}

}  // namespace base
