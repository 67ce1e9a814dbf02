// RedisLease: one string with a TTL a lease, taken, renewed and released by scripts that compare first (*.lua).
// Thread: its loop's. The Client outlives it.
#pragma once

#include "lease/lease.hpp"
#include "redis/client.hpp"

namespace lease {

class RedisLease final : public Lease {
 public:
  // `holder` is this process' alone: INSTANCE_ID and 64 random bits.
  RedisLease(net::Loop& loop, redis::Client& client, std::string holder, std::string prefix = "dockcast:");

  net::Task<base::Result<Answer>> acquire(std::string name, net::Duration ttl, Fence above) override;
  net::Task<base::Result<Answer>> seize(std::string name, net::Duration ttl, Fence above, std::string seen) override;
  net::Task<base::Result<bool>> renew(std::string name, net::Duration ttl, Fence fence) override;
  net::Task<base::Result<void>> release(std::string name, Fence fence) override;

 private:
  std::string key(const std::string& name) const { return prefix_ + "lease:{" + name + "}"; }
  std::string fence_key(const std::string& name) const { return prefix_ + "fence:{" + name + "}"; }

  net::Loop& loop_;
  redis::Client& client_;
  const std::string holder_;
  const std::string prefix_;
};

}  // namespace lease
