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

TEST(Address, SentinelsNameAMaster) {
  const auto address = parse_address(
                           "redis+sentinel://me:p%40ss@a,b:7000,[::1]:7001/main/3?sentinel_user=s&sentinel_password="
                           "x%26y")
                           .value();
  ASSERT_EQ(address.sentinels.size(), 3u);
  EXPECT_EQ(address.sentinels[0].to_string(), "a:26379");
  EXPECT_EQ(address.sentinels[1].to_string(), "b:7000");
  EXPECT_EQ(address.sentinels[2].host, "::1");
  EXPECT_EQ(address.sentinels[2].port, 7001);
  EXPECT_EQ(address.master, "main");
  EXPECT_EQ(address.database, 3u);
  EXPECT_EQ(address.user, "me");
  EXPECT_EQ(address.password, "p@ss");
  EXPECT_EQ(address.sentinel_user, "s");
  EXPECT_EQ(address.sentinel_password, "x&y");
  EXPECT_EQ(address.sentinels[0].tls, std::nullopt);
  EXPECT_EQ(address.to_string(), "main, by a:26379,b:7000,::1:7001");
}

TEST(Address, TlsIsSpokenWithSentinelsAndTheirMasterByTheSameFiles) {
  auto address = parse_address("rediss+sentinel://a,b/main").value();
  const net::TlsPeer peer{.verify = true, .authorities = "ca", .certificate = {}, .key = {}};
  address.use(peer);
  EXPECT_EQ(address.endpoint.tls, peer);
  EXPECT_EQ(address.sentinels[1].tls, peer);
  auto plain = parse_address("redis+sentinel://a,b/main").value();
  plain.use(peer);
  EXPECT_EQ(plain.endpoint.tls, std::nullopt);
  EXPECT_EQ(plain.sentinels[0].tls, std::nullopt);
}

TEST(Address, NonsenseIsRefusedWithoutShowingThePassword) {
  for (const char* url :
       {"", "cache:6379", "http://x", "redis://", "redis://h:0", "redis://h/zero", "redis://h/1/2",
        "redis://:hunter2@h:99999999", "redis://u:hunter2#@h", "unix://host/x", "unix:///x?db=-1",
        "redis+sentinel://:hunter2@h", "redis+sentinel://:hunter2@/m", "redis+sentinel://:hunter2@h:1,,i/m",
        "redis+sentinel://:hunter2@h/m/x", "redis+sentinel://:hunter2@h:99999999/m"}) {
    const auto address = parse_address(url);
    ASSERT_FALSE(address) << url;
    EXPECT_EQ(address.error().message.find("hunter2"), std::string::npos) << url;
  }
}

}  // namespace
}  // namespace redis
