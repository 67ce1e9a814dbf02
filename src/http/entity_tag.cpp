#include "http/entity_tag.hpp"

#include <algorithm>

namespace http {
namespace {

constexpr std::string_view between = " \t,";

// Takes one tag, without its W/, from the front of a list, whose tags may hold commas; empty at the end and where there
// is none.
std::string_view take_tag(std::string_view& list) {
  list.remove_prefix(std::min(list.find_first_not_of(between), list.size()));
  if (list.starts_with("W/")) list.remove_prefix(2);
  const std::size_t close = list.starts_with('"') ? list.find('"', 1) : list.npos;
  if (close == list.npos) return {};
  const std::string_view tag = list.substr(0, close + 1);
  list.remove_prefix(tag.size());
  return tag;
}

}  // namespace

bool none_match_fails(const Headers& request, std::string_view tag) {
  for (const Header& header : request) {
    if (!equals_ignoring_case(header.name, "If-None-Match")) continue;
    std::string_view list = trimmed(header.value);
    if (list == "*") return true;
    for (std::string_view each = take_tag(list); !each.empty(); each = take_tag(list))
      if (each == tag) return true;
  }
  return false;
}

}  // namespace http
