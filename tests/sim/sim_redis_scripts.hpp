// The twins of our scripts: what each does, in C++, to a simulated Redis' store.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "redis/script.hpp"
#include "sim/sim_redis_store.hpp"

namespace sim {

struct ScriptCall {
  std::vector<std::string> keys, args;
  std::string replid;                                             // of the data set; empty: INFO is forbidden
  std::vector<std::pair<std::string, std::string>> publications;  // channel, payload
};

struct ScriptTwin {
  const redis::Script& script;
  std::size_t keys, args;  // of arguments at least so many
  bool more;               // there may be more
  void (*run)(SimRedisStore&, ScriptCall&, std::string& out);
};

// By text or hash; null: no script of ours.
const ScriptTwin* twin_of(std::string_view text_or_sha1);

}  // namespace sim
