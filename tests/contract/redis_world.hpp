// For the contract suites: one process' memory, a simulated Redis or the real one, behind one face.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>

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
  // Lets the loop have some turns, for what must not happen.
  void turn() {
    for (int i = 0; i < 5; ++i) {
      bool turned = false;
      loop().post([&turned] { turned = true; });
      EXPECT_TRUE(run_until([&turned] { return turned; }));
    }
  }
  void pass(net::Duration duration) {
    bool over = false;
    const net::Timer timer = loop().after(duration, [&over] { over = true; });
    EXPECT_TRUE(run_until([&over] { return over; }));
  }
  template <class T>
  base::Result<T> run(net::Task<base::Result<T>> task) {
    std::optional<base::Result<T>> result;
    const net::Job job(keep(std::move(task), result));
    EXPECT_TRUE(run_until([&result] { return result.has_value(); }));
    return std::move(result).value();
  }

 private:
  static std::unique_ptr<net::AnyNet> make(Kind) { return std::make_unique<net::RealNet>(); }
  template <class T>
  static net::Task<void> keep(net::Task<base::Result<T>> task, std::optional<base::Result<T>>& result) {
    auto outcome = co_await std::move(task);
    result.emplace(std::move(outcome));
  }

  std::unique_ptr<net::AnyNet> net_;
  std::unique_ptr<sim::SimRedis> redis_;
  redis::Address address_;
  std::string prefix_;
};

}  // namespace contract
