// CuttingNetwork: another network whose connections break: each, while there are cuts left, after a random number of
// bytes that were read from it. The reader sees what a cut connection looks like: every second one breaks within a
// frame of the log, the others behind one, where nothing but the missing end of the answer tells.
#pragma once

#include <random>

#include "net/network.hpp"

namespace integration {

struct Cuts {
  int left = 0;
  // Those that were made: in the middle of a frame of the multiplexed log, and elsewhere. A terminal's log has none.
  int within_frames = 0, between_frames = 0;
  int made() const { return within_frames + between_frames; }
};

class CuttingNetwork final : public net::Network {
 public:
  CuttingNetwork(net::Network& inner, std::uint64_t seed) : inner_(inner), random_(seed) {}

  // The next connections are cut once between 8 KiB and so many bytes more were read; short answers come whole.
  void cut(int times, std::size_t bytes_max) {
    cuts_ = {times};
    bytes_max_ = bytes_max;
  }
  // Since the last call of cut().
  const Cuts& cuts() const { return cuts_; }
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
  Cuts cuts_;
  int dialed_ = 0;
  std::size_t bytes_max_ = 0;
};

}  // namespace integration
