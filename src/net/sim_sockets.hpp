// SimSockets: the simulated ClientSockets of one SimLoop: readiness by edges, told in batches in any order.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "net/sim_kernel.hpp"

namespace net {

class SimSockets final : public ClientSockets, private SimKernel::Watcher {
 public:
  explicit SimSockets(SimLoop& loop);
  ~SimSockets() override;
  SimSockets(const SimSockets&) = delete;

  void set_owner(Owner& owner) override { owner_ = &owner; }
  int add(Socket socket, std::uint32_t tag) override;
  Transfer receive(int socket, std::span<char> into) override;
  Transfer send(int socket, std::span<const iovec> from) override;
  void shutdown_write(int socket) override;
  void remove(int socket) override;
  void reset(int socket) override;

 private:
  struct Entry {
    std::uint32_t tag = 0;
    bool told = false;  // stands in edges_
  };
  void on_edge(int socket) override;
  void turn();

  SimLoop& loop_;
  SimKernel& kernel_;
  Owner* owner_ = nullptr;
  std::map<int, Entry> entries_;
  std::vector<int> edges_;
  bool waking_ = false;
  std::shared_ptr<SimSockets*> self_ = std::make_shared<SimSockets*>(this);  // for calls from the loop
};

}  // namespace net
