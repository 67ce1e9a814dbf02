#include "redis/address.hpp"

#include <gtest/gtest.h>

namespace redis {
namespace {

TEST(Address, HostAloneHasTheUsualPortAndDatabase) {
  const auto address = parse_address("redis://cache").value();
  EXPECT_EQ(address.endpoint.host, "cache");
  EXPECT_EQ(address.endpoint.port, 6379);
  EXPECT_EQ(address.database, 0u);
  EXPECT_EQ(address.user, "");
}

TEST(Address, EverythingGivenIsTaken) {
  const auto address = parse_address("redis://me:p%40ss%2F@10.0.0.1:7000/3").value();
  EXPECT_EQ(address.endpoint.host, "10.0.0.1");
  EXPECT_EQ(address.endpoint.port, 7000);
  EXPECT_EQ(address.user, "me");
  EXPECT_EQ(address.password, "p@ss/");
  EXPECT_EQ(address.database, 3u);
}

TEST(Address, PasswordWithoutUserIsTheDefaultUsers) {
  const auto address = parse_address("redis://:secret@[::1]:6380/").value();
  EXPECT_EQ(address.endpoint.host, "::1");
  EXPECT_EQ(address.user, "");
  EXPECT_EQ(address.password, "secret");
}

TEST(Address, UnixSocketMayNameADatabase) {
  const auto address = parse_address("unix:///run/redis.sock?db=2").value();
  EXPECT_EQ(address.endpoint.path, "/run/redis.sock");
  EXPECT_EQ(address.database, 2u);
  EXPECT_EQ(parse_address("unix:/k?x&db=3&db=4").value().database, 3u);
  EXPECT_EQ(parse_address("unix:/k?#b").value().endpoint.path, "/k");
}

TEST(Address, TlsIsVerifiedByTheSystemsAuthorities) {
  const auto address = parse_address("rediss://cache");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->endpoint.tls, net::TlsPeer{});
  EXPECT_EQ(address->endpoint.port, 6379);
  EXPECT_EQ(parse_address("redis://cache")->endpoint.tls, std::nullopt);
}

TEST(Address, NonsenseIsRefusedWithoutShowingThePassword) {
  for (const char* url : {"", "cache:6379", "http://x", "redis://", "redis://h:0", "redis://h/zero", "redis://h/1/2",
                          "redis://:hunter2@h:99999999", "redis://u:hunter2#@h", "unix://host/x", "unix:///x?db=-1"}) {
    const auto address = parse_address(url);
    ASSERT_FALSE(address) << url;
    EXPECT_EQ(address.error().message.find("hunter2"), std::string::npos) << url;
  }
}

}  // namespace
}  // namespace redis
