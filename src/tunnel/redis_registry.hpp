// RedisRegistry: one sorted set, dockcast:engines, that note.lua writes by Redis' own clock.
// Thread: its loop's. The Client outlives it.
#pragma once

#include "redis/client.hpp"
#include "tunnel/registry.hpp"

namespace tunnel {

class RedisRegistry final : public Registry {
 public:
  explicit RedisRegistry(redis::Client& client, const std::string& prefix = "dockcast:")
      : client_(client), key_(prefix + "engines") {}

  void note(const std::string& engine) override;
  void look(OnRecord on_record) override;

 private:
  net::Task<void> write(std::string engine);
  net::Task<void> read(OnRecord on_record);

  redis::Client& client_;
  const std::string key_;
  net::Jobs jobs_;
};

}  // namespace tunnel
