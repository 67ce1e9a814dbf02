// For tests: the real net with TLS on both sides, so that suites for bare sockets and streams judge it too.
#pragma once

#include "net/both_nets.hpp"
#include "net/test_certificates.hpp"
#include "net/tls_sockets.hpp"

namespace net {

// What is dialled speaks TLS.
class TlsNetwork final : public Network {
 public:
  TlsNetwork(Network& network, TlsPeer peer) : network_(network), peer_(std::move(peer)) {}
  Loop& loop() override { return network_.loop(); }
  Task<base::Result<std::unique_ptr<Stream>>> dial(Endpoint endpoint) override {
    endpoint.tls = peer_;
    return network_.dial(std::move(endpoint));
  }
  base::Result<std::unique_ptr<Listener>> listen(Endpoint endpoint, OnAccept on_accept) override {
    return network_.listen(std::move(endpoint), std::move(on_accept));
  }
  std::unique_ptr<Stream> adopt(Socket socket) override { return network_.adopt(std::move(socket)); }

 private:
  Network& network_;
  TlsPeer peer_;
};

class TlsNet final : public AnyNet {
 public:
  TlsNet() {
    auto identity = load_tls_identity(certificates_.issue("server", "IP:127.0.0.1"));
    CHECK(identity);
    keys_.serve(identity->context);
    sockets_.use(identity->context);
  }
  Loop& loop() override { return loop_; }
  Network& network() override { return network_; }
  ClientSockets& sockets() override { return sockets_; }
  bool run_until(const std::function<bool()>& done) override { return loop_.run_until(done, std::chrono::seconds(20)); }

 private:
  TestCertificates certificates_;
  AsioLoop loop_;
  AsioNetwork below_{loop_};
  EpollSockets bare_{loop_};
  TicketKeys keys_{loop_};
  TlsSockets sockets_{loop_, bare_, [](Handshake) {}};
  TlsNetwork network_{below_, {true, certificates_.authority(), {}, {}}};
};

}  // namespace net
