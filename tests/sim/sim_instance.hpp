// SimInstance: one dockcast in the simulated net: the whole product (app::Instance) on a host of its own, that can be
// stopped, continued, killed, drained and started again, as a process. Owned by the world.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "app/instance.hpp"
#include "net/sim_host.hpp"
#include "net/sim_network.hpp"
#include "net/sim_sockets.hpp"

namespace sim {

class SimInstance {
 public:
  struct Options {
    app::Settings settings;  // `listen` is the host's name
    unsigned serving_loops = 1;
    net::Endpoint engine;
  };
  // The defaults, of an instance on the host of that name, with the Redis at "redis".
  static app::Settings settings(const std::string& name);
  SimInstance(net::SimWorld& world, const Options& options);
  ~SimInstance();
  SimInstance(const SimInstance&) = delete;

  void start();
  void kill();
  // As SIGTERM: it goes when it has nothing left to do, or after its grace.
  void drain();
  void pause() { host_.pause(); }
  void resume() { host_.resume(); }

  bool up() const { return process_ != nullptr; }
  bool draining() const { return draining_; }
  net::SimHost& host() { return host_; }
  net::Endpoint door() const { return {{}, options_.settings.listen, options_.settings.port}; }

 private:
  struct Process {
    Process(net::SimHost& host, const Options& options);
    net::SimLoop& control;
    net::SimNetwork network;
    std::deque<net::SimSockets> sockets;
    app::Instance instance;
  };

  net::SimWorld& world_;
  const Options options_;
  net::SimHost& host_;
  std::unique_ptr<Process> process_;
  bool draining_ = false;
};

}  // namespace sim
