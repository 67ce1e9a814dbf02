#include "ws/handshake.hpp"

#include <gtest/gtest.h>

#include <array>

namespace ws {
namespace {

constexpr std::array<std::string_view, 2> ours = {"dockcast.v2", "dockcast.v1"};

// A good request in which the headers of that name are replaced; no value: left out.
http::Request request(std::string_view name = {}, std::optional<std::string_view> value = std::nullopt) {
  http::Request made;
  made.method = "GET";
  const http::Headers good = {{"Host", "a"},
                              {"Upgrade", "websocket"},
                              {"Connection", "keep-alive, Upgrade"},
                              {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
                              {"Sec-WebSocket-Version", "13"}};
  for (const http::Header& header : good) {
    if (header.name != name) made.headers.add(header.name, header.value);
  }
  if (value) made.headers.add(name, *value);
  return made;
}
int status(const http::Request& asked) {
  const auto checked = check_upgrade(asked, ours);
  return checked ? 101 : checked.error().status;
}

TEST(Handshake, AcceptsTheKeyOfTheRfc) {
  EXPECT_EQ(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  const auto upgrade = check_upgrade(request(), ours);
  ASSERT_TRUE(upgrade);
  EXPECT_EQ(upgrade_response(*upgrade),
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
}

TEST(Handshake, AgreesOnASubprotocolOfBoth) {
  const auto chosen = [](std::string_view offer) {
    return check_upgrade(request("Sec-WebSocket-Protocol", offer), ours)->protocol;
  };
  EXPECT_EQ(chosen("dockcast.v1"), "dockcast.v1");
  EXPECT_EQ(chosen("dockcast.v1, dockcast.v2"), "dockcast.v2");
  EXPECT_EQ(chosen("chat, dockcast.v1"), "dockcast.v1");
  EXPECT_EQ(chosen("chat, Dockcast.v1"), "");
  EXPECT_EQ(chosen(""), "");
  EXPECT_NE(upgrade_response({"x", "dockcast.v1"}).find("\r\nSec-WebSocket-Protocol: dockcast.v1\r\n"),
            std::string::npos);
}

TEST(Handshake, RefusesWithTheStatusThatTheFaultDeserves) {
  EXPECT_EQ(status(request()), 101);
  EXPECT_EQ(status(request("Upgrade", "WebSocket")), 101);
  EXPECT_EQ(status(request("Upgrade")), 426);
  EXPECT_EQ(status(request("Upgrade", "h2c")), 426);
  EXPECT_EQ(status(request("Connection")), 400);
  EXPECT_EQ(status(request("Connection", "keep-alive")), 400);
  EXPECT_EQ(status(request("Sec-WebSocket-Version")), 426);
  EXPECT_EQ(status(request("Sec-WebSocket-Version", "8")), 426);
  EXPECT_EQ(status(request("Sec-WebSocket-Version", "13, 8")), 426);
  EXPECT_EQ(status(request("Sec-WebSocket-Key")), 400);
  for (const char* key :
       {"", "short", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ===", "dGhlIHNhbXBsZSBub25jZ===",
        "dGhlIHNhbXBsZSBub25jZQAA", "dGhlIHNhbXBsZSBub2 jZQ==", "dGhlIHNhbXBsZSBub25jZQ==, x"}) {
    EXPECT_EQ(status(request("Sec-WebSocket-Key", key)), 400) << key;
  }
  http::Request twice = request();
  twice.headers.add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
  EXPECT_EQ(status(twice), 400);
  http::Request post = request();
  post.method = "POST";
  EXPECT_EQ(status(post), 405);
  EXPECT_EQ(check_upgrade(post, ours).error().headers.get("Allow"), "GET");
  http::Request old = request();
  old.version_minor = 0;
  EXPECT_EQ(status(old), 400);
  EXPECT_EQ(check_upgrade(request("Sec-WebSocket-Version", "7"), ours).error().headers.get("Sec-WebSocket-Version"),
            "13");
}

TEST(Handshake, IgnoresOtherUpgrades) {
  EXPECT_TRUE(wants_upgrade(request()));
  EXPECT_TRUE(wants_upgrade(request("Upgrade", "h2c, websocket")));
  EXPECT_FALSE(wants_upgrade(request("Upgrade", "h2c")));
  EXPECT_FALSE(wants_upgrade(request("Upgrade")));
}

}  // namespace
}  // namespace ws
