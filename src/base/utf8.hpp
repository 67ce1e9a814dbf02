// Utf8: judges UTF-8 that arrives in pieces (RFC 3629) and says no at the first byte that cannot be right. Three bytes
// of state. Repairing text is not here.
#pragma once

#include <cstdint>
#include <string_view>

namespace base {

class Utf8 {
 public:
  // False as soon as nothing that may follow can make the text valid; then it must not be fed again.
  bool feed(std::string_view text);
  bool complete() const { return need_ == 0; }  // not in the middle of a character

 private:
  bool begin(unsigned char lead);

  std::uint8_t need_ = 0;  // continuation bytes still to come; the next one lies in [low_, high_]
  std::uint8_t low_ = 0x80;
  std::uint8_t high_ = 0xbf;
};

inline bool is_utf8(std::string_view text) {
  Utf8 judge;
  return judge.feed(text) && judge.complete();
}

}  // namespace base
