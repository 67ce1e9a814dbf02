// FarNetwork: the net::Network by which a docker::Client reaches one Engine that others reach; or reaches it itself,
// once this instance does. Thread: the bus' loop. Bounds: the Asker's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/check.hpp"
#include "net/network.hpp"
#include "tunnel/asker.hpp"

namespace tunnel {

class FarNetwork final : public net::Network {
 public:
  FarNetwork(Asker& asker, std::string engine) : asker_(asker), engine_(std::move(engine)) {}

  // From now on no other instance is asked.
  void go_direct(net::Network& network, net::Endpoint endpoint) { direct_.emplace(network, std::move(endpoint)); }
  bool relayed() const override { return !direct_; }

  net::Loop& loop() override { return asker_.loop(); }
  // Whatever the endpoint says: it is that Engine.
  net::Task<base::Result<std::unique_ptr<net::Stream>>> dial(net::Endpoint) override {
    if (direct_) return direct_->first.dial(direct_->second);
    return opened();
  }
  base::Result<std::unique_ptr<net::Listener>> listen(net::Endpoint, OnAccept) override {
    return base::Error{base::Fault::unsupported, "Nobody can be heard through a tunnel"};
  }
  std::unique_ptr<net::Stream> adopt(net::Socket) override {
    CHECK(false);
    return nullptr;
  }

 private:
  net::Task<base::Result<std::unique_ptr<net::Stream>>> opened() { co_return asker_.open(engine_); }

  Asker& asker_;
  const std::string engine_;
  std::optional<std::pair<net::Network&, net::Endpoint>> direct_;
};

}  // namespace tunnel
