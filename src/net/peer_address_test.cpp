#include "net/peer_address.hpp"

#include <gmock/gmock.h>

#include "net/socket_address.hpp"

namespace net {
namespace {

PeerAddress at(const char* host) { return known_addresses({{}, host, 4711})->front().peer(); }

TEST(PeerAddress, IsWrittenAsUsual) {
  EXPECT_EQ(at("192.0.2.1").to_string(), "192.0.2.1:4711");
  EXPECT_EQ(at("2001:db8::1").to_string(), "[2001:db8::1]:4711");
  EXPECT_EQ(PeerAddress().to_string(), "");
  EXPECT_EQ(PeerAddress(std::string_view("\x7f\0\0\1", 4), 1).to_string(), "127.0.0.1:1");
}

TEST(PeerAddress, HasABlockUnlessItIsThisMachines) {
  const auto block = [](const char* host) { return at(host).block(); };
  EXPECT_EQ(block("192.0.2.1"), std::string("\xc0\x00\x02\x01", 4));
  EXPECT_EQ(block("::ffff:192.0.2.1"), block("192.0.2.1"));
  EXPECT_EQ(block("2001:db8:1:2::1"), block("2001:db8:1:2:ffff::"));
  EXPECT_NE(block("2001:db8:1:2::1"), block("2001:db8:1:3::1"));
  for (const char* ours : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "localhost"})
    EXPECT_EQ(block(ours), "");
  EXPECT_EQ(known_addresses({"/a/socket", {}, 0})->front().peer().block(), "");
}

TEST(PeerAddress, IsSmall) { EXPECT_EQ(sizeof(PeerAddress), 20U); }

}  // namespace
}  // namespace net
