// AsioNetwork: the real Network of one loop: TCP and unix sockets, non-blocking, closed on exec.
// A dead peer of a dialled TCP connection is noticed within `silence_max`, whether we write to it or not.
#pragma once

#include "net/asio_loop.hpp"
#include "net/network.hpp"
#include "net/tls_dialer.hpp"

namespace net {

class AsioNetwork final : public Network {
 public:
  static constexpr std::chrono::seconds silence_max{20};

  explicit AsioNetwork(AsioLoop& loop) : loop_(loop) {}
  Loop& loop() override { return loop_; }
  // Fault::refused: nothing answers there; forbidden: we may not; timed_out: the kernel gave up. Tries each address.
  // With TLS also what TlsDialer says.
  Task<base::Result<std::unique_ptr<Stream>>> dial(Endpoint endpoint) override;
  // A numeric address or `localhost`, or a path; a socket file that nobody serves any more is replaced.
  // When descriptors run out, what comes is accepted and closed at once, and the rest goes on.
  base::Result<std::unique_ptr<Listener>> listen(Endpoint endpoint, OnAccept on_accept) override;
  std::unique_ptr<Stream> adopt(Socket socket) override;

 private:
  AsioLoop& loop_;
  TlsDialer tls_{loop_};
};

}  // namespace net
