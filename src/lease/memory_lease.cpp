#include "lease/memory_lease.hpp"

#include "lease/value.hpp"

namespace lease {

using base::Result;

MemoryLease::MemoryLease(net::Loop& loop, std::string holder)
    : holder_(std::move(holder)), last_{epoch_of(loop.wall_now()), 0} {}

net::Task<Result<Answer>> MemoryLease::acquire(std::string name, net::Duration, Fence above) {
  last_ = std::max(last_, above);
  ++last_.counter;
  held_[name] = last_;
  co_return Answer{last_, owned_by(holder_, last_) + "0"};
}

net::Task<Result<Answer>> MemoryLease::seize(std::string name, net::Duration ttl, Fence above, std::string) {
  return acquire(std::move(name), ttl, above);
}

net::Task<Result<bool>> MemoryLease::renew(std::string name, net::Duration, Fence fence) {
  const auto held = held_.find(name);
  co_return held != held_.end() && held->second == fence;
}

net::Task<Result<void>> MemoryLease::release(std::string name, Fence fence) {
  const auto held = held_.find(name);
  if (held != held_.end() && held->second == fence) held_.erase(held);
  co_return Result<void>();
}

}  // namespace lease
