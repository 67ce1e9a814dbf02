// Roster: who is there: the instances of a cluster, their sessions and channels. The seam between api and Redis.
//
// Each instance tells of itself (own.hpp) and sees within seconds what the others tell; one that died is seen until its
// TTL is over. It informs people and nothing else: nobody may decide by it, since it is late, and at the mercy of
// Redis. Implementations: MemoryRoster (one instance by itself), RedisRoster. Thread: the control loop.
#pragma once

#include <memory>

#include "base/callback.hpp"
#include "roster/own.hpp"

namespace roster {

class Roster {
 public:
  using OnView = base::Callback<void(const std::shared_ptr<const View>&)>;

  explicit Roster(Own own) : own_(std::move(own)) {}
  virtual ~Roster() = default;

  Own& own() { return own_; }

  // Never answers inside the call. Where the others cannot be asked, the answer has this instance alone and says why.
  virtual void look(Kind kind, OnView on_view) = 0;
  // Takes this instance off the roster: nothing is told from now on. `done` comes in any case, within seconds.
  virtual void leave(net::Callback done) = 0;

 protected:
  Own own_;
};

}  // namespace roster
