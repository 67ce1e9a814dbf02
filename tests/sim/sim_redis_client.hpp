// SimRedisClient: one connection to the simulated Redis: commands in, one at a time; replies and messages out, bounded.
// Owned by SimRedis.
#pragma once

#include <array>
#include <memory>
#include <set>
#include <string>

#include "net/signal.hpp"
#include "net/stream.hpp"
#include "redis/reply.hpp"
#include "sim/sim_redis.hpp"

namespace sim {

class SimRedisClient {
 public:
  SimRedisClient(SimRedis& server, std::unique_ptr<net::Stream> stream);
  void start();

  // Handles what was read, unless the server is stalled.
  void work();
  void send(std::string_view bytes);
  void close() { stream_->close(); }

  std::set<std::string, std::less<>> channels;
  bool authenticated = false;
  bool gone = false;  // the other side left

 private:
  net::Task<void> read_for_ever();
  net::Task<void> write_for_ever();

  SimRedis& server_;
  std::unique_ptr<net::Stream> stream_;
  redis::ReplyReader in_;  // a command is an array of texts, as a reply may be
  std::string out_, writing_;
  net::Signal written_;
  net::Job reader_, writer_;
};

}  // namespace sim
