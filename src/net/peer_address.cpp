#include "net/peer_address.hpp"

#include <arpa/inet.h>

#include "base/check.hpp"

namespace net {
namespace {

constexpr std::string_view mapped("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);  // IPv4 in IPv6
constexpr std::string_view loopback6("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);

}  // namespace

PeerAddress::PeerAddress(std::string_view ip, std::uint16_t port)
    : port_(port), size_(static_cast<std::uint8_t>(ip.size())) {
  CHECK(ip.size() == 4 || ip.size() == 16);
  ip.copy(ip_.data(), ip.size());
}

std::string PeerAddress::to_string() const {
  if (size_ == 0) return {};
  char text[INET6_ADDRSTRLEN] = "";
  ::inet_ntop(size_ == 4 ? AF_INET : AF_INET6, ip_.data(), text, sizeof text);
  const std::string host = size_ == 4 ? text : '[' + std::string(text) + ']';
  return host + ':' + std::to_string(port_);
}

std::string PeerAddress::block() const {
  std::string_view ip(ip_.data(), size_);
  if (ip == loopback6) return {};
  if (ip.starts_with(mapped)) ip.remove_prefix(mapped.size());
  if (ip.size() == 4 && ip[0] == 127) return {};
  return std::string(ip.substr(0, 8));
}

}  // namespace net
