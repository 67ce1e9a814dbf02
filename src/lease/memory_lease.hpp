// MemoryLease: the lease of one process that is a cluster by itself: always granted. Thread: its loop's.
#pragma once

#include <map>

#include "lease/lease.hpp"

namespace lease {

class MemoryLease final : public Lease {
 public:
  MemoryLease(net::Loop& loop, std::string holder);

  net::Task<base::Result<Answer>> acquire(std::string name, net::Duration ttl, Fence above) override;
  net::Task<base::Result<Answer>> seize(std::string name, net::Duration ttl, Fence above, std::string seen) override;
  net::Task<base::Result<bool>> renew(std::string name, net::Duration ttl, Fence fence) override;
  net::Task<base::Result<void>> release(std::string name, Fence fence) override;

 private:
  const std::string holder_;
  Fence last_;
  std::map<std::string, Fence> held_;
};

}  // namespace lease
