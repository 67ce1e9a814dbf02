#include "app/cluster.hpp"

#include "app/version.hpp"
#include "base/check.hpp"
#include "base/log.hpp"
#include "bus/memory_bus.hpp"
#include "lease/memory_lease.hpp"
#include "lease/redis_lease.hpp"
#include "messages/memory_store.hpp"
#include "messages/redis_store.hpp"
#include "redis/address.hpp"
#include "roster/memory_roster.hpp"
#include "roster/redis_roster.hpp"
#include "tunnel/redis_registry.hpp"

namespace app {

Cluster::Cluster(net::Network& network, const Settings& settings, const std::string& holder) {
  roster::Own own(holder, settings.instance_id, std::string(version), network.loop().wall_now());
  if (settings.redis_url.empty()) {
    bus_ = std::make_unique<bus::MemoryBus>(network.loop());
    lease_ = std::make_unique<lease::MemoryLease>(network.loop(), holder);
    roster_ = std::make_unique<roster::MemoryRoster>(network.loop(), std::move(own));
    messages_ = std::make_unique<messages::MemoryStore>(
        network.loop(), *bus_, messages::MemoryStore::Bounds{.bytes_max = settings.app_history_bytes});
    base::log::info("No REDIS_URL: this instance is complete by itself");
    return;
  }
  auto address = redis::parse_address(settings.redis_url);
  CHECK(address);
  address->use(settings.redis_tls);
  base::log::info("Redis", {{"at", address->to_string()},
                            {"tls", address->endpoint.tls ? "verified" : "no"},
                            {"prefix", settings.redis_prefix}});
  commands_ = std::make_unique<redis::Client>(network, *address);
  eviction_watch_.emplace(network.loop(), *commands_);
  bus::RedisBus::Settings bus_settings;
  bus_settings.prefix = settings.redis_prefix;
  auto redis_bus = std::make_unique<bus::RedisBus>(network, *address, std::move(bus_settings));
  redis_bus_ = redis_bus.get();
  bus_ = std::move(redis_bus);
  lease_ = std::make_unique<lease::RedisLease>(network.loop(), *commands_, holder, settings.redis_prefix);
  registry_ = std::make_unique<tunnel::RedisRegistry>(*commands_, settings.redis_prefix);
  roster::RedisRoster::Settings roster_settings;
  roster_settings.prefix = settings.redis_prefix;
  roster_ = std::make_unique<roster::RedisRoster>(network, *address, std::move(own), std::move(roster_settings));
  if (settings.compat == Compat::fastapi) {
    connection_keys_ = std::make_unique<roster::ConnectionKeys>(network, *address, holder, settings.instance_id,
                                                                roster::ConnectionKeys::Settings{});
  }
  for_messages_ = std::make_unique<redis::Client>(network, *address);
  messages_ = std::make_unique<messages::RedisStore>(network.loop(), *for_messages_, settings.redis_prefix);
  observing_ = bus_->on_state([this](bus::State state) {
    if (state == bus::State::connected) {
      base::log::info("Redis answers");
    } else {
      base::log::warn("Redis does not answer; containers are read without it", {{"why", bus_->reason()}});
    }
  });
}

void Cluster::leave(net::Callback left) {
  roster_->leave([this, left = std::move(left)]() mutable {
    if (connection_keys_) return connection_keys_->leave(std::move(left));
    left();
  });
}

}  // namespace app
