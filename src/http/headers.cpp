#include "http/headers.hpp"

#include <algorithm>

namespace http {
namespace {

char lower_char(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower_char(x) == lower_char(y); });
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower_char);
  return out;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    const bool letter_or_digit = (lower_char(c) >= 'a' && lower_char(c) <= 'z') || (c >= '0' && c <= '9');
    return letter_or_digit || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

std::size_t Headers::count(std::string_view name) const {
  return static_cast<std::size_t>(std::count_if(
      list_.begin(), list_.end(), [name](const Header& header) { return equals_ignoring_case(header.name, name); }));
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (const Header& header : list_) {
    if (equals_ignoring_case(header.name, name)) return header.value;
  }
  return std::nullopt;
}

std::vector<std::string_view> Headers::list(std::string_view name) const {
  std::vector<std::string_view> elements;
  for (const Header& header : list_) {
    if (!equals_ignoring_case(header.name, name)) continue;
    for (std::string_view rest = header.value; !rest.empty();) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      const std::string_view element = trimmed(rest.substr(0, comma));
      if (!element.empty()) elements.push_back(element);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return elements;
}

bool Headers::lists(std::string_view name, std::string_view token) const {
  const auto elements = list(name);
  return std::any_of(elements.begin(), elements.end(),
                     [token](std::string_view element) { return equals_ignoring_case(element, token); });
}

}  // namespace http
