// EpollSockets: the real ClientSockets: an epoll set of its own, edge-triggered, which the loop sees as one descriptor.
// A socket costs its descriptor and the kernel's entry, nothing here. Batches are bounded, so that the loop's other
// work has its turn between them.
#pragma once

#include <sys/epoll.h>

#include <array>

#include "net/client_sockets.hpp"
#include "net/descriptor.hpp"

namespace net {

class EpollSockets final : public ClientSockets {
 public:
  explicit EpollSockets(AsioLoop& loop);
  ~EpollSockets() override;  // closes nothing but its set: sockets are removed by whoever added them
  EpollSockets(const EpollSockets&) = delete;

  void set_owner(Owner& owner) override { owner_ = &owner; }
  int add(Socket socket, std::uint32_t tag) override;
  Transfer receive(int socket, std::span<char> into) override;
  Transfer send(int socket, std::span<const iovec> from) override;
  void shutdown_write(int socket) override;
  void remove(int socket) override;
  void reset(int socket) override;

 private:
  void on_ready();

  Owner* owner_ = nullptr;
  std::array<epoll_event, 64> batch_{};  // then it is the turn of others: of what is to be sent to those who listen
  std::size_t at_ = 0, end_ = 0;         // what of the batch is still to be told
  Descriptor set_;
};

}  // namespace net
