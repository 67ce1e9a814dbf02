// The twins of the scripts of room messages (sim_redis_scripts.hpp).
#pragma once

#include "sim/sim_redis_scripts.hpp"

namespace sim {

void publish_message(SimRedisStore& store, ScriptCall& call, std::string& out);
void read_messages(SimRedisStore& store, ScriptCall& call, std::string& out);
void open_epoch(SimRedisStore& store, ScriptCall& call, std::string& out);

}  // namespace sim
