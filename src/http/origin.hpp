// Who may ask, judged by names: the Host header (the defence against DNS rebinding) and the Origin header (against
// pages of other sites). Pure functions. Comparison is exact: scheme, host and port, no suffixes, no wildcards.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace http {

// host[:port] as in a Host header; the host in lower case, an IPv6 address with its brackets.
struct Authority {
  std::string host;
  std::optional<int> port;

  bool operator==(const Authority&) const = default;
};
std::optional<Authority> parse_authority(std::string_view text);

// Is it an IP literal, `localhost`, or in `allowed`? An entry without a port stands for every port.
bool host_allowed(std::string_view host, std::span<const std::string> allowed);

// Does a page of `origin` belong to the site asked (`host`, the Host header), or to one of the `allowed` origins
// ("https://app.example.com")? `scheme` is what the site was asked by, where it is known: behind a proxy that ends
// TLS it is not, and then the origin's own is taken. `null` is nobody's.
bool origin_allowed(std::string_view origin, std::string_view host, std::span<const std::string> allowed,
                    std::string_view scheme = {});

}  // namespace http
