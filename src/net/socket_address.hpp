// SocketAddress: where a real socket is, as the kernel wants it; and the finding of it by name.
#pragma once

#include <sys/socket.h>

#include <string>
#include <vector>

#include "base/result.hpp"
#include "net/asio_loop.hpp"
#include "net/network.hpp"

namespace net {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = sizeof(sockaddr_storage);

  int family() const { return storage.ss_family; }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  std::uint16_t port() const;  // 0 for unix sockets
  PeerAddress peer() const;
};

// Without asking anybody: a path, a numeric address, or `localhost` (both of its addresses); none for other names.
base::Result<std::vector<SocketAddress>> known_addresses(const Endpoint& endpoint);

// The same, and other names by the resolver, in a thread of Asio's. At least one address, or Fault::refused.
Task<base::Result<std::vector<SocketAddress>>> addresses_of(AsioLoop& loop, Endpoint endpoint);

}  // namespace net
