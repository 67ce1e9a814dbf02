// Bytes: numbers in what goes over the bus, little endian. Pure. Texts go as their length (u32) and their bytes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace base {

template <class Number>
void put(std::string& out, Number number) {
  char bytes[sizeof number];
  for (std::size_t i = 0; i < sizeof number; ++i)
    bytes[i] = static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * i));
  out.append(bytes, sizeof bytes);
}

inline void put_text(std::string& out, std::string_view text) {
  put(out, static_cast<std::uint32_t>(text.size()));
  out += text;
}

// Takes numbers from the front; once something was missing everything reads as zero and `good` is false.
struct Taker {
  std::string_view rest;
  bool good = true;

  template <class Number>
  Number number() {
    if (rest.size() < sizeof(Number)) {
      good = false;
      rest = {};
      return 0;
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(Number); ++i)
      value |= static_cast<std::uint64_t>(static_cast<unsigned char>(rest[i])) << (8 * i);
    rest.remove_prefix(sizeof(Number));
    return static_cast<Number>(value);
  }
  std::string_view text() {
    const auto size = number<std::uint32_t>();
    if (size > rest.size()) {
      good = false;
      rest = {};
      return {};
    }
    const std::string_view taken = rest.substr(0, size);
    rest.remove_prefix(size);
    return taken;
  }
};

}  // namespace base
