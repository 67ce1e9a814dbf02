// For tests of the fan-out: client sockets without a network.
#pragma once

#include <map>
#include <string>

#include "net/client_sockets.hpp"

namespace hub {

// Sockets that take as many bytes as they are told to.
struct TestSockets final : net::ClientSockets {
  struct Peer {
    std::string received;
    std::size_t room = SIZE_MAX;
    bool holds = false;  // blocks though it took all
    bool dead = false;
    int sends = 0;
  };
  void set_owner(Owner&) override {}
  int add(net::Socket, std::uint32_t) override { return 0; }
  net::Transfer receive(int, std::span<char>) override { return {net::Transfer::State::would_block, 0}; }
  net::Transfer send(int socket, std::span<const iovec> from) override {
    Peer& peer = peers[socket];
    ++peer.sends;
    if (peer.dead) return {net::Transfer::State::failed, 0};
    std::size_t taken = 0;
    for (const iovec& part : from) {
      const std::size_t count = std::min(part.iov_len, peer.room);
      peer.received.append(static_cast<const char*>(part.iov_base), count);
      peer.room -= count;
      taken += count;
    }
    return {taken > 0 && !peer.holds ? net::Transfer::State::done : net::Transfer::State::would_block, taken};
  }
  void shutdown_write(int) override {}
  void remove(int) override {}
  void reset(int) override {}
  std::map<int, Peer> peers;
};

}  // namespace hub
