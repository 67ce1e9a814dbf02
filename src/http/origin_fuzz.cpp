// Host and Origin, whatever a client sends: a name is one name, and no page is welcome where it was not named. The
// first line is the Host, the second the Origin.
#include "base/check.hpp"
#include "http/headers.hpp"
#include "http/origin.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const std::string_view host = text.substr(0, text.find('\n'));
  const std::string_view origin = text.substr(std::min(host.size() + 1, text.size()));
  const std::string allowed_hosts[] = {"app.example.com"}, allowed_origins[] = {"https://app.example.com"};

  const auto authority = http::parse_authority(host);
  if (authority) {
    const std::string written =
        authority->host + (authority->port ? ":" + std::to_string(*authority->port) : std::string());
    CHECK(http::parse_authority(written) == authority);
    CHECK(authority->host.find_first_of("/@ \t\r\n\"<>") == std::string::npos);
    CHECK(!authority->port || (*authority->port >= 0 && *authority->port <= 65535));
  }
  if (http::host_allowed(host, allowed_hosts)) {
    CHECK(authority);
    const bool name = authority->host.find_first_not_of("0123456789.") != std::string::npos;
    CHECK(!name || authority->host.starts_with('[') || authority->host == "localhost" ||
          authority->host == "app.example.com");
  }
  if (!http::origin_allowed(origin, host, allowed_origins)) return 0;
  const auto mark = origin.find("://");
  CHECK(mark != origin.npos);
  const auto page = http::parse_authority(origin.substr(mark + 3));
  CHECK(page && (page->host == "app.example.com" || (authority && page->host == authority->host)));
  return 0;
}
