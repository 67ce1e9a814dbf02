// Lease: who reads a source for the whole cluster. The seam between feeds and Redis. A lease makes reading cheap and is
// never what correctness stands on: a failover or a step of Redis' clock can grant it twice, and positions sort that
// out. The holder must stop by itself at 2/3 of the TTL by its own monotonic clock, counted from before it sent the
// renewal that succeeded last.
//
// A lease's name is what stands between the braces on the wire (`engine/container:logs:id`).
// Implementations: MemoryLease (memory_lease.hpp: one process, always granted), RedisLease (redis_lease.hpp).
// Thread: its loop's. A task of it ends, or is destroyed, before the Lease is.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "net/loop.hpp"
#include "net/task.hpp"

namespace lease {

// Grows with every grant of one name, also over a flush of Redis (a new data set opens a later epoch) and over a
// failover that lost grants (see `above`).
struct Fence {
  std::uint64_t epoch = 0;
  std::uint64_t counter = 0;
  auto operator<=>(const Fence&) const = default;
};

struct Answer {
  std::optional<Fence> granted;
  // What the lease holds now: begins with the holder, changes with each renewal. For seize(), fence_of() and logs.
  std::string value;
};

// The fence of whoever holds the lease whose value that is. It may be below one that was heard of: a data set that lost
// grants grants them again, and then the holder is who the lease says.
std::optional<Fence> fence_of(std::string_view value);

class Lease {
 public:
  virtual ~Lease() = default;

  // Granted if nobody holds it, or if we do (an earlier answer was lost). The fence will be greater than `above`, the
  // greatest one that the caller has heard of for this name.
  virtual net::Task<base::Result<Answer>> acquire(std::string name, net::Duration ttl, Fence above) = 0;

  // The same, and granted too if the lease still holds exactly `seen`: a value that the caller was shown at least one
  // TTL ago by its own clock. A holder that lives has renewed since, so it is dead and Redis' clock stands or went
  // back.
  virtual net::Task<base::Result<Answer>> seize(std::string name, net::Duration ttl, Fence above, std::string seen) = 0;

  // False: it is not ours any more.
  virtual net::Task<base::Result<bool>> renew(std::string name, net::Duration ttl, Fence fence) = 0;

  // Does nothing where it is not ours any more.
  virtual net::Task<base::Result<void>> release(std::string name, Fence fence) = 0;
};

}  // namespace lease
