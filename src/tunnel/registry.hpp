// Registry: the Engines that hosts have told of within the last minute, kept where it outlives the hosts: who has just
// started learns of an Engine also while none of those who know it can speak.
//
// Seam: RedisRegistry; MemoryRegistry for tests. Bound: engines_max. Thread: its loop's.
#pragma once

#include <string>
#include <vector>

#include "base/callback.hpp"
#include "base/result.hpp"
#include "net/loop.hpp"

namespace tunnel {

class Registry {
 public:
  static constexpr std::size_t engines_max = 64;  // those that were noted last
  // Where nobody noted anything for so long, it begins anew: nobody may have been able to.
  static constexpr net::Duration silence_max = std::chrono::seconds(7);
  static constexpr net::Duration kept = std::chrono::minutes(1);  // since it was noted last

  struct Entry {
    std::string engine;
    net::Duration age;  // since it was noted last
  };
  struct Record {
    std::vector<Entry> engines;
    net::Duration age{};  // since when it is kept without a break; zero: there is none
  };
  // Never called inside look(), nor once the Registry is gone. Errors: those of redis::Client.
  using OnRecord = base::Callback<void(base::Result<Record>)>;

  Registry() = default;
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;
  virtual ~Registry() = default;

  // At once or not at all: it is noted again.
  virtual void note(const std::string& engine) = 0;
  virtual void look(OnRecord on_record) = 0;
};

}  // namespace tunnel
