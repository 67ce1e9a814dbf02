// SlowProxy: on any net, a door before another one that hands on both ways what comes, late and slowly.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "net/network.hpp"
#include "net/signal.hpp"

namespace contract {

class SlowProxy {
 public:
  // Every `pause`, at most `bytes` go on their way.
  struct Pace {
    net::Duration pause{0};
    std::size_t bytes = 64 << 10;
  };

  SlowProxy(net::Network& network, net::Endpoint behind);
  net::Endpoint endpoint() const { return {.path = {}, .host = "127.0.0.1", .port = listener_->port()}; }
  void set_pace(Pace pace) { pace_ = pace; }

 private:
  using Stream = std::unique_ptr<net::Stream>;
  // One direction of one connection.
  class Way {
   public:
    Way(SlowProxy& proxy, net::Stream& from, net::Stream& to);
    net::Task<void> carry();

   private:
    net::Task<void> read();
    SlowProxy& proxy_;
    net::Stream& from_;
    net::Stream& to_;
    std::string waiting_;
    bool ended_ = false;
    net::Signal arrived_;
    net::Job reader_;
  };
  net::Task<void> carry(Stream client);

  net::Network& network_;
  const net::Endpoint behind_;
  Pace pace_;
  std::vector<net::Job> connections_;
  std::unique_ptr<net::Listener> listener_;
};

}  // namespace contract
