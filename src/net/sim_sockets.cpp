#include "net/sim_sockets.hpp"

#include "net/sim_host.hpp"

namespace net {

namespace {

constexpr std::size_t batch_max = 64;

}  // namespace

SimSockets::SimSockets(SimLoop& loop) : loop_(loop), kernel_(loop.host().world().kernel()) {}

SimSockets::~SimSockets() {
  for (const auto& [socket, entry] : entries_) kernel_.close(socket);
}

int SimSockets::add(Socket socket, std::uint32_t tag) {
  const int number = socket.release();
  entries_[number] = {tag, false};
  kernel_.watch(number, *this);
  return number;
}

Transfer SimSockets::receive(int socket, std::span<char> into) { return kernel_.receive(socket, into); }
Transfer SimSockets::send(int socket, std::span<const iovec> from) { return kernel_.send(socket, from); }
void SimSockets::shutdown_write(int socket) { kernel_.shutdown_write(socket); }

void SimSockets::remove(int socket) {
  entries_.erase(socket);
  kernel_.close(socket);
}

void SimSockets::reset(int socket) {
  entries_.erase(socket);
  kernel_.reset(socket);
}

void SimSockets::on_edge(int socket) {
  if (const auto found = entries_.find(socket); found != entries_.end() && !std::exchange(found->second.told, true)) {
    edges_.push_back(socket);
  }
  if (std::exchange(waking_, true)) return;
  loop_.post([self = std::weak_ptr<SimSockets*>(self_)] {
    if (const auto alive = self.lock()) (*alive)->turn();
  });
}

void SimSockets::turn() {
  waking_ = false;
  Random& random = loop_.host().world().random();
  for (std::size_t i = 0; i < batch_max && !edges_.empty(); ++i) {
    std::swap(edges_[random.below(edges_.size())], edges_.back());
    const int socket = edges_.back();
    edges_.pop_back();
    const auto found = entries_.find(socket);
    if (found == entries_.end()) continue;  // removed within this batch or before it
    found->second.told = false;
    owner_->on_ready(found->second.tag, kernel_.ready(socket));
  }
  if (!edges_.empty()) on_edge(edges_.back());
  owner_->on_turn_end();
}

}  // namespace net
