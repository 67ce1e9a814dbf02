// SimStream: the simulated Stream. Completes at once or from the loop, as chance has it, for both happen.
#pragma once

#include <memory>

#include "net/sim_kernel.hpp"
#include "net/stream.hpp"

namespace net {

class SimStream final : public Stream, private SimKernel::Watcher {
 public:
  SimStream(SimLoop& loop, int socket);
  ~SimStream() override;
  void shutdown_write() override;
  void close() override;

 private:
  void start_read(ReadOperation& operation, std::span<char> into) override;
  void start_write(WriteOperation& operation, std::string_view from) override;
  void abandon_read() override { read_ = nullptr; }
  void abandon_write() override { write_ = nullptr; }
  void on_edge(int socket) override;
  void serve();
  void try_read();
  void try_write();

  SimLoop& loop_;
  SimWorld& world_;
  const int socket_;
  ReadOperation* read_ = nullptr;
  std::span<char> into_;
  WriteOperation* write_ = nullptr;
  std::string_view from_;
  bool waking_ = false;
  std::shared_ptr<SimStream*> self_ = std::make_shared<SimStream*>(this);  // for calls from the loop
};

}  // namespace net
