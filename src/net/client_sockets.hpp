// ClientSockets: the many sockets of browsers on one serving loop, as bare numbers on one readiness set of their own.
// An Asio socket each would cost more than a whole session record may; here a socket costs its descriptor and one
// entry. Readiness is edge-triggered: after on_ready, receive until would_block or a short read, and who hung up until
// the end, which is not told again; after a send that would block, wait for the next on_ready with `writable`.
// Implementations: EpollSockets (epoll_sockets.hpp) and SimSockets (sim_sockets.hpp), which buffer nothing; TlsSockets
// (tls_sockets.hpp) on top of either. Thread: its loop's.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <span>

#include "net/network.hpp"

namespace net {

// What a receive or send came to, and how many bytes were transferred. would_block: no more until on_ready, though a
// send may have taken some, or all. end: the peer half-closed. failed: reset.
struct Transfer {
  enum class State : std::uint8_t { done, would_block, end, failed };
  State state = State::done;
  std::size_t bytes = 0;
};

class ClientSockets {
 public:
  struct Ready {
    bool readable, writable, hung_up;
  };
  class Owner {
   public:
    virtual ~Owner() = default;
    // `tag` as given to add(). The owner may remove any socket in it, this one too.
    virtual void on_ready(std::uint32_t tag, Ready ready) = 0;
    // After each batch of readiness: the place for work gathered over the turn.
    virtual void on_turn_end() = 0;
  };

  virtual ~ClientSockets() = default;
  virtual void set_owner(Owner& owner) = 0;
  // Takes the socket; readiness that stands already is reported. Returns its number for the calls below.
  virtual int add(Socket socket, std::uint32_t tag) = 0;
  virtual Transfer receive(int socket, std::span<char> into) = 0;
  virtual Transfer send(int socket, std::span<const iovec> from) = 0;
  virtual void shutdown_write(int socket) = 0;
  virtual void remove(int socket) = 0;  // closes it; no on_ready for it any more
  virtual void reset(int socket) = 0;   // the same, and the peer is told that what it was sent is not all
};

}  // namespace net
