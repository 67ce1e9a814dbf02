// RealRedis: a redis-server of one test's own, on a unix socket, that ends with it.
#pragma once

#include <string>
#include <vector>

#include "net/network.hpp"

namespace integration {

class RealRedis {
 public:
  static bool available();  // DOCKCAST_TEST_REDIS_SERVER names the program

  RealRedis();
  ~RealRedis();
  RealRedis(const RealRedis&) = delete;

  // Further words of the command line. Returns before it serves.
  void start(const std::vector<std::string>& options = {});
  void kill();    // SIGKILL; it keeps nothing
  void stall();   // SIGSTOP
  void resume();  // SIGCONT
  net::Endpoint endpoint() const { return {.path = folder_ + "/socket", .host = {}, .port = 0}; }

 private:
  void signal(int number);
  std::string folder_;
  int process_ = -1;
};

}  // namespace integration
