#include "base/json_text.hpp"

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

// Whether eight bytes are plain. It may say no where they are (a borrow reaches the byte above), never yes where they
// are not.
bool all_plain(const char* bytes) {
  constexpr std::uint64_t ones = 0x0101010101010101, tops = 0x80 * ones;
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  const auto zero = [](std::uint64_t each) { return (each - ones) & ~each; };  // top bits of bytes that are zero
  const std::uint64_t control = (word - 0x20 * ones) & ~word;
  return ((word | control | zero(word ^ ('"' * ones)) | zero(word ^ ('\\' * ones)) | zero(word ^ (0x7f * ones))) &
          tops) == 0;
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
    if (raw.size() - i >= 8 && all_plain(raw.data() + i)) {
      i += 8;
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
