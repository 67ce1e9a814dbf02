// SimNetwork: the simulated Network of one SimLoop. Endpoints name hosts' machines ("a"), localhost or a path.
#pragma once

#include "net/network.hpp"
#include "net/sim_loop.hpp"

namespace net {

class SimNetwork final : public Network {
 public:
  explicit SimNetwork(SimLoop& loop) : loop_(loop) {}
  Loop& loop() override { return loop_; }
  Task<base::Result<std::unique_ptr<Stream>>> dial(Endpoint endpoint) override;
  base::Result<std::unique_ptr<Listener>> listen(Endpoint endpoint, OnAccept on_accept) override;
  std::unique_ptr<Stream> adopt(Socket socket) override;

 private:
  SimLoop& loop_;
};

}  // namespace net
