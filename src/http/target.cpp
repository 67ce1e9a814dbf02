#include "http/target.hpp"

#include <algorithm>

#include "base/utf8.hpp"

namespace http {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool has_dot_segment(std::string_view path) {
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::string_view segment = path.substr(0, path.find('/'));
    if (segment == "." || segment == "..") return true;
    path.remove_prefix(segment.size());
  }
  return false;
}

// One name or value of a query.
std::optional<std::string> form_decoded(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  auto decoded = percent_decoded(spaced);
  if (!decoded || !base::is_utf8(*decoded) || decoded->find('\0') != std::string::npos) return std::nullopt;
  return decoded;
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size() || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0) return std::nullopt;
    out += static_cast<char>(hex_value(text[i + 1]) << 4 | hex_value(text[i + 2]));
    i += 2;
  }
  return out;
}

std::string percent_encoded(std::string_view text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += {'%', digits[static_cast<unsigned char>(c) >> 4], digits[c & 15]};
    }
  }
  return out;
}

std::optional<std::string_view> Target::parameter(std::string_view name) const {
  for (const Parameter& parameter : query) {
    if (parameter.name == name) return parameter.value;
  }
  return std::nullopt;
}

OrRefusal<std::vector<Parameter>> parse_query(std::string_view raw) {
  std::vector<Parameter> parameters;
  while (!raw.empty()) {
    const std::string_view pair = raw.substr(0, raw.find('&'));
    raw.remove_prefix(std::min(pair.size() + 1, raw.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto name = form_decoded(pair.substr(0, equals));
    auto value = form_decoded(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value) return bad_request("The query is not percent-encoded UTF-8.");
    parameters.push_back({std::move(*name), std::move(*value)});
  }
  return parameters;
}

OrRefusal<Target> parse_target(std::string_view raw) {
  if (raw.empty() || raw.front() != '/') return bad_request("The request target does not begin with a slash.");
  if (raw.find('#') != std::string_view::npos) return bad_request("The request target has a fragment.");
  const std::size_t mark = std::min(raw.find('?'), raw.size());
  auto path = percent_decoded(raw.substr(0, mark));
  if (!path || !base::is_utf8(*path)) return bad_request("The path is not percent-encoded UTF-8.");
  if (std::any_of(path->begin(), path->end(), is_control) || path->find('\\') != std::string::npos ||
      has_dot_segment(*path)) {
    return bad_request("The path holds control characters, backslashes or dot segments.");
  }
  auto query = parse_query(raw.substr(std::min(mark + 1, raw.size())));
  if (!query) return query.error();
  return Target{std::move(*path), std::move(*query)};
}

}  // namespace http
