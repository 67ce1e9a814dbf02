// CuttingNetwork: another network whose connections break: each, while there are cuts left, after a random number of
// bytes that were read from it. The reader sees what a cut connection looks like, as a rule within a frame.
#pragma once

#include <random>

#include "net/network.hpp"

namespace integration {

class CuttingNetwork final : public net::Network {
 public:
  CuttingNetwork(net::Network& inner, std::uint64_t seed) : inner_(inner), random_(seed) {}

  // The next connections are cut once between 8 KiB and so many bytes more were read; short answers come whole.
  void cut(int times, std::size_t bytes_max) {
    cuts_ = times;
    bytes_max_ = bytes_max;
  }
  int cuts_left() const { return cuts_; }
  int dialed() const { return dialed_; }

  net::Loop& loop() override { return inner_.loop(); }
  net::Task<base::Result<std::unique_ptr<net::Stream>>> dial(net::Endpoint endpoint) override;
  base::Result<std::unique_ptr<net::Listener>> listen(net::Endpoint endpoint, OnAccept on_accept) override {
    return inner_.listen(std::move(endpoint), std::move(on_accept));
  }
  std::unique_ptr<net::Stream> adopt(net::Socket socket) override { return inner_.adopt(std::move(socket)); }

 private:
  class CutStream;

  net::Network& inner_;
  std::mt19937_64 random_;
  int cuts_ = 0, dialed_ = 0;
  std::size_t bytes_max_ = 0;
};

}  // namespace integration
