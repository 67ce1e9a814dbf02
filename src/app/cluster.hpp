// Cluster: what ties this instance to the others, or stands for them: bus, lease and roster, over Redis or embedded.
// Thread: the control loop.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "app/settings.hpp"
#include "bus/redis_bus.hpp"
#include "lease/lease.hpp"
#include "messages/store.hpp"
#include "net/network.hpp"
#include "redis/eviction_watch.hpp"
#include "roster/connection_keys.hpp"
#include "roster/roster.hpp"
#include "tunnel/registry.hpp"

namespace app {

class Cluster {
 public:
  // `holder`: this process' alone. REDIS_URL was judged when the settings were loaded.
  Cluster(net::Network& network, const Settings& settings, const std::string& holder);

  bus::Bus& bus() { return *bus_; }
  const bus::Bus& bus() const { return *bus_; }
  lease::Lease& lease() { return *lease_; }
  // Null: embedded.
  const bus::RedisBus* redis_bus() const { return redis_bus_; }
  const redis::Client* commands() const { return commands_.get(); }
  roster::Roster& roster() { return *roster_; }
  messages::Store& messages() { return *messages_; }
  // Null: embedded.
  tunnel::Registry* registry() { return registry_.get(); }
  // Null: embedded, or nobody wants them.
  roster::ConnectionKeys* connection_keys() { return connection_keys_.get(); }
  // Takes this instance off what is known of it. `left` comes in any case, within seconds.
  void leave(net::Callback left);

 private:
  std::unique_ptr<redis::Client> commands_;
  std::optional<redis::EvictionWatch> eviction_watch_;
  std::unique_ptr<bus::Bus> bus_;
  const bus::RedisBus* redis_bus_ = nullptr;
  bus::Observing observing_;
  std::unique_ptr<lease::Lease> lease_;
  std::unique_ptr<tunnel::Registry> registry_;
  std::unique_ptr<roster::Roster> roster_;
  std::unique_ptr<roster::ConnectionKeys> connection_keys_;
  std::unique_ptr<redis::Client> for_messages_;  // leases do not wait behind what was published
  std::unique_ptr<messages::Store> messages_;
};

}  // namespace app
