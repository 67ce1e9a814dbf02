// RealRedis: a redis-server of one test's own, on a unix socket or wherever its options say, that ends with it.
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
  // As a sentinel, with these lines of configuration.
  void start_sentinel(std::uint16_t port, const std::string& lines);
  void kill();    // SIGKILL; it keeps nothing
  void stall();   // SIGSTOP
  void resume();  // SIGCONT
  const std::string& folder() const { return folder_; }
  net::Endpoint endpoint() const { return {.path = folder_ + "/socket", .host = {}, .port = 0}; }

 private:
  void launch(std::vector<std::string> words);
  void signal(int number);
  std::string folder_;
  int process_ = -1;
};

// So many ports of the loopback that were free a moment ago.
std::vector<std::uint16_t> free_ports(std::size_t count);

}  // namespace integration
