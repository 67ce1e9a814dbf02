// Instance: the whole product on a net, real or simulated: one control loop, where Docker, bus and feeds are, and any
// number of serving loops with the clients' sockets. It depends on nothing but the seams it is given, opens what it
// needs on them, and crosses between loops only by posting and mailboxes.
//
// Threads: made, started, drained and destroyed on the control loop's thread. When it is made the serving loops do not
// run yet; when it is destroyed they do not run any more, and what is still posted to any of its loops must never run
// (AsioLoop drops it with itself). Not here: threads, signals, the environment (process.hpp).
#pragma once

#include <memory>
#include <vector>

#include "app/settings.hpp"
#include "net/client_sockets.hpp"
#include "net/network.hpp"

namespace app {

struct ServingPlace {
  net::Loop& loop;
  net::ClientSockets& sockets;
};
struct Place {
  net::Loop& control;
  net::Network& network;  // of the control loop
  std::vector<ServingPlace> serving;
};

class Instance {
 public:
  // `settings.instance_id` and, where one is asked for, `settings.token` are set.
  Instance(Place place, const Settings& settings, net::Endpoint engine);
  ~Instance();
  Instance(const Instance&) = delete;

  // Begins to accept clients. Says where it listens, or why it cannot.
  base::Result<std::uint16_t> listen();
  // False where clients speak no TLS.
  bool reload_certificate();
  // It leaves in good order (leaving.hpp); `left`, once, when it has.
  void drain(net::Callback left);
  void hurry();

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace app
