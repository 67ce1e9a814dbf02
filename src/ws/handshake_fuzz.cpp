// Whatever is asked for in the name of WebSocket is agreed to as the RFC says, or refused, and changes no header of
// ours.
#include <algorithm>

#include "base/check.hpp"
#include "http/request_reader.hpp"
#include "ws/handshake.hpp"

namespace {

constexpr std::string_view protocols[] = {"dockcast.v1", "dockcast.auth"};

void check(const http::Request& request, bool deflate) {
  const auto upgrade = ws::check_upgrade(request, protocols, deflate);
  if (!upgrade) {
    CHECK(upgrade.error().status >= 400);
    return;
  }
  CHECK(request.method == "GET" && ws::wants_upgrade(request) && request.headers.lists("Connection", "upgrade"));
  CHECK(upgrade->accept == ws::accept_key(request.headers.get("Sec-WebSocket-Key")));
  CHECK(upgrade->protocol.empty() || request.headers.get("Sec-WebSocket-Protocol").size() > 0);
  CHECK(deflate || !upgrade->deflate);
  const std::string answer = ws::upgrade_response(*upgrade);
  const auto lines = static_cast<std::size_t>(std::count(answer.begin(), answer.end(), '\n'));
  CHECK(lines == 5U + (upgrade->protocol.empty() ? 0 : 1) + (upgrade->deflate ? 1 : 0));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  http::RequestReader reader({.head_bytes_max = 2048, .headers_max = 32, .body_bytes_max = 256});
  std::string_view stream(reinterpret_cast<const char*>(bytes), size);
  if (reader.feed(stream) != http::RequestReader::Progress::complete) return 0;
  const http::Request request = reader.take();
  for (const bool deflate : {false, true}) check(request, deflate);
  return 0;
}
