// AsioStream: the real Stream over a non-blocking descriptor, of TCP or a unix socket. It tries first and waits only
// if it would block, or if the read before got less than it had room for; an abandoned operation leaves nothing behind
// but a wait.
#pragma once

#include "net/descriptor.hpp"
#include "net/stream.hpp"

namespace net {

class AsioStream final : public Stream {
 public:
  AsioStream(AsioLoop& loop, Socket socket);
  void shutdown_write() override;
  void close() override;

 private:
  void start_read(ReadOperation& operation, std::span<char> into) override;
  void start_write(WriteOperation& operation, std::string_view from) override;
  void abandon_read() override { read_ = nullptr; }
  void abandon_write() override { write_ = nullptr; }
  void on_ready(Direction direction);
  bool may_try();
  bool try_read();
  bool try_write();

  ReadOperation* read_ = nullptr;
  std::span<char> into_;
  bool drained_ = false;  // by the last read, a moment ago
  WriteOperation* write_ = nullptr;
  std::string_view from_;
  unsigned tries_ = 0;
  Descriptor descriptor_;
};

}  // namespace net
