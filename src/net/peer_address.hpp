// PeerAddress: who is at the other end of a connection: an IP address and a port, or nobody who has one (unix sockets).
// A plain value of 20 bytes, since each session keeps one.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace net {

class PeerAddress {
 public:
  PeerAddress() = default;
  // `ip`: 4 or 16 bytes, as they go over the wire.
  PeerAddress(std::string_view ip, std::uint16_t port);

  std::string to_string() const;  // "192.0.2.1:4711", "[::1]:4711"; empty: nobody
  std::string block() const;  // what one owner has: the bytes of an IPv4 address or an IPv6 /64; empty: this machine

 private:
  std::array<char, 16> ip_{};
  std::uint16_t port_ = 0;
  std::uint8_t size_ = 0;  // of what is used of ip_
};

}  // namespace net
