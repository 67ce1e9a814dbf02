#include "contract/slow_proxy.hpp"

#include "base/check.hpp"

namespace contract {

SlowProxy::SlowProxy(net::Network& network, net::Endpoint behind) : network_(network), behind_(std::move(behind)) {
  auto listener = network_.listen({.path = {}, .host = "127.0.0.1", .port = 0}, [this](net::Accepted accepted) {
    connections_.emplace_back(carry(network_.adopt(std::move(accepted.socket))));
  });
  CHECK(listener);
  listener_ = std::move(*listener);
}

SlowProxy::Way::Way(SlowProxy& proxy, net::Stream& from, net::Stream& to)
    : proxy_(proxy), from_(from), to_(to), arrived_(proxy.network_.loop()), reader_(read()) {}

net::Task<void> SlowProxy::Way::read() {
  std::array<char, 16 << 10> buffer;
  for (;;) {
    while (waiting_.size() > buffer.size()) co_await proxy_.network_.loop().sleep(proxy_.pace_.pause);
    const auto got = co_await from_.read_some(buffer);
    if (!got || *got == 0) break;
    waiting_.append(buffer.data(), *got);
    arrived_.notify();
  }
  ended_ = true;
  arrived_.notify();
}

net::Task<void> SlowProxy::Way::carry() {
  while (!ended_ || !waiting_.empty()) {
    if (waiting_.empty()) {
      co_await arrived_.wait();
      continue;
    }
    co_await proxy_.network_.loop().sleep(proxy_.pace_.pause);
    const std::string now = waiting_.substr(0, proxy_.pace_.bytes);
    waiting_.erase(0, now.size());
    const auto written = co_await to_.write(now);
    if (!written) break;
  }
  from_.close();
  to_.close();
}

net::Task<void> SlowProxy::carry(Stream client) {
  auto dialled = co_await network_.dial(behind_);
  if (!dialled) co_return;
  const Stream server = std::move(*dialled);
  Way there(*this, *client, *server), back(*this, *server, *client);
  const net::Job other(there.carry());
  co_await back.carry();
}

}  // namespace contract
