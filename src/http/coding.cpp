#include "http/coding.hpp"

#include <algorithm>
#include <optional>

namespace http {
namespace {

constexpr int whole = 1000, least = 1;

// RFC 9110, 12.4.2: 0 to 1 with up to three digits.
std::optional<int> weight_of(std::string_view text) {
  const bool form =
      !text.empty() && text.size() <= 5 && (text[0] == '0' || text[0] == '1') && (text.size() == 1 || text[1] == '.');
  if (!form) return std::nullopt;
  int weight = text[0] == '1' ? whole : 0;
  int unit = 100;
  for (const char c : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (c < '0' || c > '9') return std::nullopt;
    weight += (c - '0') * unit;
    unit /= 10;
  }
  return weight <= whole ? std::optional(weight) : std::nullopt;
}

struct Element {
  std::string_view coding;
  int weight;
};

// "gzip ; q=0.5"
std::optional<Element> parse(std::string_view text) {
  const std::size_t semicolon = std::min(text.find(';'), text.size());
  const std::string_view coding = trimmed(text.substr(0, semicolon));
  if (semicolon == text.size()) return Element{coding, whole};
  const std::string_view parameter = trimmed(text.substr(semicolon + 1));
  if (!equals_ignoring_case(parameter.substr(0, 2), "q=")) return std::nullopt;
  const auto weight = weight_of(parameter.substr(2));
  return weight ? std::optional(Element{coding, *weight}) : std::nullopt;
}

}  // namespace

int coding_weight(const Headers& request, std::string_view coding) {
  const bool identity = coding == "identity";
  if (request.count("Accept-Encoding") == 0) return identity ? whole : 0;
  std::optional<int> named, any;
  for (const std::string_view text : request.list("Accept-Encoding")) {
    auto element = parse(text);
    if (!element) continue;
    if (equals_ignoring_case(element->coding, "x-gzip")) element->coding = "gzip";  // 8.4.1.3
    if (equals_ignoring_case(element->coding, coding)) named = element->weight;
    if (element->coding == "*") any = element->weight;
  }
  if (named || any) return named ? *named : *any;
  return identity ? least : 0;  // always acceptable until it is ruled out
}

}  // namespace http
