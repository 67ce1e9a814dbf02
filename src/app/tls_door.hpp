// TlsDoor: TLS for clients: the certificate as its files have it now, the keys of sessions, and what is counted. The
// files are looked at once a second, and read again when they have changed and stand still, or at reload(). A pair that
// cannot be used is logged, and the one before it stays; connections that stand go on with what they began with.
// Thread: the control loop. It outlives the sockets that it guards.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "metrics/family.hpp"
#include "net/tls_identity.hpp"
#include "net/tls_sockets.hpp"

namespace app {

class TlsDoor {
 public:
  static constexpr std::chrono::seconds look_interval{1};
  static constexpr std::chrono::hours expiry_notice{24 * 14};  // a certificate that ends sooner is warned about

  TlsDoor(net::Loop& loop, net::TlsFiles files, metrics::Registry& registry);

  // TLS on top of a serving loop's sockets.
  std::unique_ptr<net::TlsSockets> guard(net::Loop& serving, net::ClientSockets& below);
  // Before anybody is let in, and once: reads the files.
  base::Result<void> open();
  void reload();

 private:
  struct Guarded {
    net::Loop& loop;
    net::TlsSockets& sockets;
  };
  base::Result<void> read();
  void look();

  net::Loop& loop_;
  const net::TlsFiles files_;
  metrics::CounterFamily<net::Handshake, 5> handshakes_;
  metrics::Gauge& expires_;
  net::TicketKeys keys_;
  std::vector<Guarded> guarded_;
  std::string stamp_;  // of the files that were read last
  std::string seen_;   // of what is there
  net::Timer timer_;
};

}  // namespace app
