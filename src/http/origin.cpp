#include "http/origin.hpp"

#include <algorithm>
#include <charconv>

#include "http/headers.hpp"

namespace http {
namespace {

std::optional<int> parse_number(std::string_view text, int max) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool digits = !text.empty() && text.front() >= '0' && text.front() <= '9';
  if (!digits || error != std::errc() || end != text.data() + text.size() || number > max) return std::nullopt;
  return number;
}

// Brackets hold nothing but IPv6 addresses; of those only the characters are looked at.
bool is_host(std::string_view host) {
  if (host.starts_with('[')) {
    return host.size() > 2 && host.find_first_not_of("0123456789abcdef:.", 1) == host.size() - 1 && host.ends_with(']');
  }
  return !host.empty() && host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-._~") == std::string_view::npos;
}

bool is_ip_literal(std::string_view host) {
  if (host.starts_with('[')) return true;
  int parts = 0;
  for (;; ++parts) {
    const std::string_view part = host.substr(0, host.find('.'));
    if (part.size() > 3 || !parse_number(part, 255)) return false;
    if (part.size() == host.size()) return parts == 3;
    host.remove_prefix(part.size() + 1);
  }
}

struct Origin {
  std::string scheme;
  std::string host;
  int port = 0;

  bool operator==(const Origin&) const = default;
};

std::optional<Origin> make_origin(std::string_view scheme, std::string_view authority) {
  auto parsed = parse_authority(authority);
  const std::string folded = lower(scheme);
  if (!parsed || (folded != "http" && folded != "https")) return std::nullopt;
  return Origin{folded, std::move(parsed->host), parsed->port.value_or(folded == "https" ? 443 : 80)};
}

// An origin as browsers serialise it (RFC 6454, 6.2): no path, not even a slash.
std::optional<Origin> parse_origin(std::string_view text) {
  const std::size_t mark = text.find("://");
  if (mark == std::string_view::npos) return std::nullopt;
  return make_origin(text.substr(0, mark), text.substr(mark + 3));
}

}  // namespace

std::optional<Authority> parse_authority(std::string_view text) {
  const std::size_t colon = text.find(':', text.starts_with('[') ? std::min(text.find(']'), text.size()) : 0);
  Authority authority{lower(text.substr(0, colon)), std::nullopt};
  if (!is_host(authority.host)) return std::nullopt;
  if (colon == std::string_view::npos) return authority;
  authority.port = parse_number(text.substr(colon + 1), 65535);
  if (!authority.port) return std::nullopt;
  return authority;
}

bool host_allowed(std::string_view host, std::span<const std::string> allowed) {
  const auto asked = parse_authority(host);
  if (!asked) return false;
  if (is_ip_literal(asked->host) || asked->host == "localhost") return true;
  return std::any_of(allowed.begin(), allowed.end(), [&asked](const std::string& entry) {
    const auto known = parse_authority(entry);
    return known && known->host == asked->host && (!known->port || known->port == asked->port);
  });
}

bool origin_allowed(std::string_view origin, std::string_view host, std::span<const std::string> allowed,
                    std::string_view scheme) {
  const auto page = parse_origin(origin);
  if (!page) return false;
  if (page == make_origin(scheme.empty() ? page->scheme : scheme, host)) return true;
  return std::any_of(allowed.begin(), allowed.end(), [&page](const std::string& entry) {
    const auto known = parse_origin(entry);
    return known && *known == *page;
  });
}

}  // namespace http
