#include "http/origin.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace http {
namespace {

TEST(Host, IsAllowedAsIpLiteralLocalhostOrByName) {
  const std::vector<std::string> names = {"gw.example.com", "only.example.com:8443"};
  for (const char* host :
       {"127.0.0.1", "127.0.0.1:8000", "192.168.1.20:80", "[::1]", "[::1]:8000", "[fe80::1]", "localhost",
        "LOCALHOST:8000", "gw.example.com", "GW.example.com:9", "only.example.com:8443"}) {
    EXPECT_TRUE(host_allowed(host, names)) << host;
  }
  for (const char* host : {"",
                           "evil.com",
                           "gw.example.com.evil.com",
                           "evil-gw.example.com",
                           "only.example.com",
                           "only.example.com:80",
                           "localhost.evil.com",
                           "localhost.",
                           "127.0.0.1.evil.com",
                           "127.0.0.256",
                           "127.0.1",
                           "0x7f.0.0.1",
                           "2130706433",
                           "127.0.0.1:",
                           "127.0.0.1:x",
                           "127.0.0.1:70000",
                           "127.0.0.+1",
                           "[::1",
                           "::1",
                           "[]",
                           "[::1]x",
                           "[evil.com]",
                           "a@localhost",
                           "localhost/",
                           "localhost:80:80",
                           "127.0.0.1 "}) {
    EXPECT_FALSE(host_allowed(host, names)) << host;
  }
}

TEST(Origin, OfTheSameHostAndPortIsAllowed) {
  EXPECT_TRUE(origin_allowed("http://localhost:8000", "localhost:8000", {}));
  EXPECT_TRUE(origin_allowed("http://gw.example.com", "gw.example.com", {}));
  EXPECT_TRUE(origin_allowed("http://GW.example.com:80", "gw.example.com", {}));
  EXPECT_TRUE(origin_allowed("https://gw.example.com", "gw.example.com:443", {}));
  EXPECT_TRUE(origin_allowed("https://gw.example.com", "gw.example.com", {}));  // a proxy ended TLS
  EXPECT_TRUE(origin_allowed("http://[::1]:8000", "[::1]:8000", {}));
}

TEST(Origin, OfAnythingElseIsNot) {
  for (const char* origin : {"",
                             "null",
                             "http://evil.com",
                             "http://gw.example.com.evil.com",
                             "http://evil-gw.example.com",
                             "http://sub.gw.example.com",
                             "http://example.com",
                             "http://gw.example.com:8000",
                             "https://gw.example.com:8000",
                             "gw.example.com",
                             "//gw.example.com",
                             "file://",
                             "file://gw.example.com",
                             "ws://gw.example.com",
                             "http://gw.example.com/",
                             "http://gw.example.com/x",
                             "http://u@gw.example.com",
                             "http://gw.example.com:",
                             "http://gw.example.com http://evil.com",
                             "http://evil.com#http://gw.example.com"}) {
    EXPECT_FALSE(origin_allowed(origin, "gw.example.com", {})) << origin;
  }
}

TEST(Origin, MustHaveTheSchemeWhereItIsKnown) {
  EXPECT_TRUE(origin_allowed("https://gw.example.com", "gw.example.com", {}, "https"));
  EXPECT_FALSE(origin_allowed("http://gw.example.com", "gw.example.com", {}, "https"));
  EXPECT_FALSE(origin_allowed("https://gw.example.com", "gw.example.com", {}, "http"));
}

TEST(Origin, FromTheListIsComparedExactly) {
  const std::vector<std::string> allowed = {"https://app.example.com", "http://localhost:3000"};
  EXPECT_TRUE(origin_allowed("https://app.example.com", "gw.example.com", allowed));
  EXPECT_TRUE(origin_allowed("https://app.example.com:443", "gw.example.com", allowed));
  EXPECT_TRUE(origin_allowed("http://localhost:3000", "gw.example.com", allowed));
  EXPECT_FALSE(origin_allowed("http://app.example.com", "gw.example.com", allowed));
  EXPECT_FALSE(origin_allowed("https://app.example.com:8443", "gw.example.com", allowed));
  EXPECT_FALSE(origin_allowed("http://localhost", "gw.example.com", allowed));
  EXPECT_FALSE(origin_allowed("null", "gw.example.com", std::vector<std::string>{"null"}));
}

}  // namespace
}  // namespace http
