// Network: what a process may open: connections to others (dial) and a door for others (listen). One per loop.
// Implementations: AsioNetwork (asio_network.hpp), SimNetwork (sim_network.hpp).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "net/loop.hpp"
#include "net/peer_address.hpp"
#include "net/stream.hpp"
#include "net/tls_peer.hpp"

namespace net {

// A unix socket (`path` not empty), or host and port over TCP, where TLS may be spoken. To dial, not to listen:
// TlsSockets (tls_sockets.hpp) is the other side.
struct Endpoint {
  std::string path;
  std::string host;
  std::uint16_t port = 0;
  std::optional<TlsPeer> tls = std::nullopt;

  std::string to_string() const { return path.empty() ? host + ":" + std::to_string(port) : "unix:" + path; }
};

// An accepted socket on its way to its owner; closed if nobody takes it. Movable between threads.
// The number is a descriptor in the real net and a name in the simulated one.
class Socket {
 public:
  using Close = void (*)(int);
  Socket() = default;
  Socket(int number, Close close) : number_(number), close_(close) {}
  Socket(Socket&& other) noexcept : number_(std::exchange(other.number_, -1)), close_(other.close_) {}
  Socket& operator=(Socket&& other) noexcept {
    if (this != &other) {
      reset();
      number_ = std::exchange(other.number_, -1);
      close_ = other.close_;
    }
    return *this;
  }
  ~Socket() { reset(); }
  int number() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  void reset() {
    if (const int number = release(); number >= 0) close_(number);
  }
  int number_ = -1;
  Close close_ = nullptr;
};

struct Accepted {
  Socket socket;
  PeerAddress peer;
};

// Accepts until it is destroyed.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual std::uint16_t port() const = 0;  // the one that was bound; 0 for unix sockets
  // Newcomers that were closed at once so far, since there were no descriptors for them.
  virtual std::uint64_t refused() const { return 0; }
};

class Network {
 public:
  using OnAccept = std::function<void(Accepted)>;

  virtual ~Network() = default;
  virtual Loop& loop() = 0;
  virtual Task<base::Result<std::unique_ptr<Stream>>> dial(Endpoint endpoint) = 0;
  // What is dialled is now reached through another process only, which reaches it itself.
  virtual bool relayed() const { return false; }
  virtual base::Result<std::unique_ptr<Listener>> listen(Endpoint endpoint, OnAccept on_accept) = 0;
  virtual std::unique_ptr<Stream> adopt(Socket socket) = 0;
};

}  // namespace net
