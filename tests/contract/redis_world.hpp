// For the contract suites: one process' memory, a simulated Redis or the real one, behind one face.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "contract/heard.hpp"
#include "net/both_nets.hpp"
#include "redis/address.hpp"
#include "sim/sim_redis.hpp"

namespace contract {

enum class Kind { memory, simulated, real };

inline std::string name_of(const ::testing::TestParamInfo<Kind>& info) {
  return info.param == Kind::memory ? "Memory" : info.param == Kind::simulated ? "Simulated" : "Real";
}

// A net, and on it the Redis of that kind, if any. Names begin with a prefix of this world's own.
class RedisWorld {
 public:
  explicit RedisWorld(Kind kind) : net_(make(kind)) {
    prefix_ = "test-" + std::to_string(net_->loop().random().next()) + ":";
    if (kind == Kind::simulated) {
      redis_ = std::make_unique<sim::SimRedis>(network(), net::Endpoint{.path = {}, .host = "127.0.0.1", .port = 0});
      address_.endpoint = {.path = {}, .host = "127.0.0.1", .port = redis_->port()};
    } else if (const char* port = real_port(); kind == Kind::real && port != nullptr) {
      address_.endpoint = {.path = {}, .host = "127.0.0.1", .port = static_cast<std::uint16_t>(std::atoi(port))};
    }
  }

  // A real Redis is asked for only where there is one.
  static const char* real_port() { return std::getenv("DOCKCAST_TEST_REDIS_PORT"); }

  net::Loop& loop() { return net_->loop(); }
  net::Network& network() { return net_->network(); }
  const redis::Address& address() const { return address_; }
  const std::string& prefix() const { return prefix_; }
  sim::SimRedis& simulated() { return *redis_; }

  bool run_until(const std::function<bool()>& done) { return net_->run_until(done); }
  void pass(net::Duration duration) {
    bool over = false;
    const net::Timer timer = loop().after(duration, [&over] { over = true; });
    EXPECT_TRUE(run_until([&over] { return over; }));
  }
  template <class T>
  T await(net::Task<T> task) {
    return contract::await(*net_, std::move(task));
  }

 private:
  static std::unique_ptr<net::AnyNet> make(Kind kind) {
    if (kind == Kind::real) return std::make_unique<net::RealNet>();
    return std::make_unique<net::SimulatedNet>();
  }

  std::unique_ptr<net::AnyNet> net_;
  std::unique_ptr<sim::SimRedis> redis_;
  redis::Address address_;
  std::string prefix_;
};

}  // namespace contract
