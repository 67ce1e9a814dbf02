// TlsDialer: makes a connected socket a TLS Stream: trust and certificates from the files that a TlsPeer names, which
// are read once and again when they have changed, and the handshake. One per loop; thread: its loop's.
#pragma once

#include <vector>

#include "net/asio_loop.hpp"
#include "net/network.hpp"

struct ssl_ctx_st;

namespace net {

class TlsDialer {
 public:
  static constexpr std::size_t remembered_max = 16;  // descriptions; an instance dials two

  explicit TlsDialer(AsioLoop& loop) : loop_(loop) {}
  // `endpoint.tls` is set. Fault::forbidden: the peer cannot be trusted; protocol: it does not speak TLS as we do;
  // bad_request: a file of ours cannot be used. Messages say which, and what to do.
  Task<base::Result<std::unique_ptr<Stream>>> secure(Socket socket, Endpoint endpoint);

 private:
  struct Remembered {
    TlsPeer peer;
    std::string stamps;  // of its files
    std::shared_ptr<ssl_ctx_st> context;
  };
  base::Result<std::shared_ptr<ssl_ctx_st>> context_for(const TlsPeer& peer);

  AsioLoop& loop_;
  std::vector<Remembered> remembered_;  // the latest last
};

}  // namespace net
