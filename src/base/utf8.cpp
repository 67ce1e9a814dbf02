#include "base/utf8.hpp"

#include <cstring>

namespace base {
namespace {

const char* skip_ascii(const char* at, const char* end) {
  for (std::uint64_t word = 0; end - at >= 8; at += 8) {
    std::memcpy(&word, at, 8);
    if (word & 0x8080808080808080) break;
  }
  while (at != end && static_cast<unsigned char>(*at) < 0x80) ++at;
  return at;
}

}  // namespace

bool Utf8::feed(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    if (need_ == 0) {
      at = skip_ascii(at, end);
      if (at != end && !begin(static_cast<unsigned char>(*at++))) return false;
      continue;
    }
    const auto byte = static_cast<unsigned char>(*at++);
    if (byte < low_ || byte > high_) return false;
    low_ = 0x80;
    high_ = 0xbf;
    --need_;
  }
  return true;
}

// The table of RFC 3629, section 4: overlong forms, surrogates and what is above U+10FFFF show in the second byte.
bool Utf8::begin(unsigned char lead) {
  if (lead < 0xc2 || lead > 0xf4) return false;
  need_ = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
  if (lead == 0xe0) low_ = 0xa0;
  if (lead == 0xed) high_ = 0x9f;
  if (lead == 0xf0) low_ = 0x90;
  if (lead == 0xf4) high_ = 0x8f;
  return true;
}

}  // namespace base
