// How the simulated Redis says things (RESP2), and reads numbers.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/loop.hpp"

namespace sim {

inline void say_status(std::string& out, std::string_view text) { out.append("+").append(text).append("\r\n"); }
inline void say_error(std::string& out, std::string_view text) { out.append("-").append(text).append("\r\n"); }
inline void say_nil(std::string& out) { out += "$-1\r\n"; }
inline void say_number(std::string& out, std::uint64_t number) { out += ":" + std::to_string(number) + "\r\n"; }
inline void say_array(std::string& out, std::size_t size) { out += "*" + std::to_string(size) + "\r\n"; }
inline void say_text(std::string& out, std::string_view text) {
  out += "$" + std::to_string(text.size()) + "\r\n";
  out.append(text).append("\r\n");
}

inline std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

inline net::Duration milliseconds(std::string_view text) { return std::chrono::milliseconds(number(text).value_or(0)); }

}  // namespace sim
