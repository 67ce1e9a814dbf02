// Site: a host of the simulated net, with a loop and a network.
#pragma once

#include "net/sim_host.hpp"
#include "net/sim_network.hpp"

namespace sim {

struct Site {
  explicit Site(net::SimHost& host_in) : host(host_in), loop(host.make_loop()), network(loop) {}

  net::SimHost& host;
  net::SimLoop& loop;
  net::SimNetwork network;
};

}  // namespace sim
