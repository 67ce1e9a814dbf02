// For tests: the two nets behind one face, so that one suite judges both. The real one is this machine's loopback.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "net/asio_loop.hpp"
#include "net/asio_network.hpp"
#include "net/epoll_sockets.hpp"
#include "net/sim_host.hpp"
#include "net/sim_network.hpp"
#include "net/sim_sockets.hpp"
#include "net/sim_world.hpp"

namespace net {

// One loop with its network and client sockets.
class AnyNet {
 public:
  virtual ~AnyNet() = default;
  virtual Loop& loop() = 0;
  virtual Network& network() = 0;
  virtual ClientSockets& sockets() = 0;
  // Runs until `done`, which may be asked after anything; says whether it came to that within a generous limit.
  virtual bool run_until(const std::function<bool()>& done) = 0;
};

class RealNet final : public AnyNet {
 public:
  Loop& loop() override { return loop_; }
  Network& network() override { return network_; }
  ClientSockets& sockets() override { return sockets_; }
  bool run_until(const std::function<bool()>& done) override { return loop_.run_until(done, std::chrono::seconds(20)); }

 private:
  AsioLoop loop_;
  AsioNetwork network_{loop_};
  EpollSockets sockets_{loop_};
};

class SimulatedNet final : public AnyNet {
 public:
  Loop& loop() override { return loop_; }
  Network& network() override { return network_; }
  ClientSockets& sockets() override { return sockets_; }
  bool run_until(const std::function<bool()>& done) override {
    return world_.run_until(done, std::chrono::seconds(300));
  }

 private:
  static SimFaults faults() {  // those of which a suite must not notice anything
    SimFaults faults;
    faults.slice = 0.3;
    faults.short_send = 0.2;
    faults.stall = 0.001;
    return faults;
  }
  SimWorld world_{11, faults()};
  SimLoop& loop_ = world_.host("only").make_loop();
  SimNetwork network_{loop_};
  SimSockets sockets_{loop_};
};

using MakeNet = std::unique_ptr<AnyNet> (*)();
template <class Net>
std::unique_ptr<AnyNet> make_net() {
  return std::make_unique<Net>();
}
const auto both_nets = ::testing::Values(&make_net<RealNet>, &make_net<SimulatedNet>);
inline std::string name_of(const ::testing::TestParamInfo<MakeNet>& info) {
  return info.param == &make_net<RealNet> ? "Real" : "Simulated";
}

// What a suite for both nets stands on.
class OnBothNets : public ::testing::TestWithParam<MakeNet> {
 protected:
  const std::unique_ptr<AnyNet> net_ = GetParam()();
  Loop& loop_ = net_->loop();
  Network& network_ = net_->network();
  bool run_until(const std::function<bool()>& done) { return net_->run_until(done); }
  void run_for(Duration duration) {
    bool over = false;
    const Timer timer = loop_.after(duration, [&over] { over = true; });
    EXPECT_TRUE(run_until([&over] { return over; }));
  }
};

}  // namespace net
