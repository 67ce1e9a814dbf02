#include "net/sim_network.hpp"

#include "net/signal.hpp"
#include "net/sim_host.hpp"
#include "net/sim_kernel.hpp"
#include "net/sim_stream.hpp"

namespace net {

namespace {

class SimListener final : public Listener {
 public:
  SimListener(SimKernel& kernel, std::shared_ptr<SimKernel::Door> door, std::uint16_t port)
      : kernel_(kernel), door_(std::move(door)), port_(port) {}
  ~SimListener() override {
    door_->on_accept = nullptr;
    kernel_.close_door(door_);
  }
  std::uint16_t port() const override { return port_; }

 private:
  SimKernel& kernel_;
  std::shared_ptr<SimKernel::Door> door_;
  std::uint16_t port_;
};

// What became of a dial, which may be after nobody waits any more.
struct Outcome {
  std::optional<base::Result<Socket>> result;
  Signal* asked = nullptr;
};
struct Asking {
  Outcome& outcome;
  ~Asking() { outcome.asked = nullptr; }
};

}  // namespace

Task<base::Result<std::unique_ptr<Stream>>> SimNetwork::dial(Endpoint endpoint) {
  CHECK(!endpoint.tls);  // the simulated net has none
  Signal done(loop_);
  const auto outcome = std::make_shared<Outcome>();
  outcome->asked = &done;
  const Asking asking{*outcome};
  loop_.host().world().kernel().connect(loop_, endpoint, [outcome](base::Result<Socket> result) {
    outcome->result.emplace(std::move(result));
    if (outcome->asked != nullptr) outcome->asked->notify();
  });
  co_await done.wait();
  if (!*outcome->result) co_return outcome->result->error();
  co_return adopt(std::move(**outcome->result));
}

base::Result<std::unique_ptr<Listener>> SimNetwork::listen(Endpoint endpoint, OnAccept on_accept) {
  SimKernel& kernel = loop_.host().world().kernel();
  auto door =
      std::make_shared<SimKernel::Door>(SimKernel::Door{loop_, std::make_shared<OnAccept>(std::move(on_accept))});
  const auto port = kernel.open_door(endpoint, door);
  if (!port) return port.error();
  return std::make_unique<SimListener>(kernel, std::move(door), *port);
}

std::unique_ptr<Stream> SimNetwork::adopt(Socket socket) {
  return std::make_unique<SimStream>(loop_, socket.release());
}

}  // namespace net
