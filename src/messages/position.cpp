#include "messages/position.hpp"

#include <algorithm>
#include <charconv>

namespace messages {
namespace {

constexpr std::size_t epoch_digits = 16;

bool take_number(std::string_view text, int base, std::uint64_t& number) {
  const char* end = text.data() + text.size();
  const auto taken = std::from_chars(text.data(), end, number, base);
  return taken.ec == std::errc() && taken.ptr == end;
}

}  // namespace

std::string print_epoch(std::uint64_t epoch) {
  std::string text(epoch_digits, '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, epoch >>= 4) *digit = "0123456789abcdef"[epoch & 15];
  return text;
}

std::string Position::print() const { return print_epoch(epoch) + ":" + std::to_string(offset); }

std::optional<Position> Position::parse(std::string_view text) {
  Position position;
  if (text.size() <= epoch_digits + 1 || text[epoch_digits] != ':' ||
      !take_number(text.substr(0, epoch_digits), 16, position.epoch) ||
      !take_number(text.substr(epoch_digits + 1), 10, position.offset))
    return std::nullopt;
  return position.print() == text ? std::optional(position) : std::nullopt;  // capitals, leading zeros
}

}  // namespace messages
