// For tests: what an instance has of Redis (a bus, a lease and their client), against a real redis-server.
#pragma once

#include <gtest/gtest.h>

#include "bus/redis_bus.hpp"
#include "contract/heard.hpp"
#include "integration/real_redis.hpp"
#include "lease/redis_lease.hpp"
#include "net/both_nets.hpp"

namespace integration {

// One inline command over a connection that greets nobody; any answer will do.
inline net::Task<base::Result<std::size_t>> say(net::Network& network, net::Endpoint endpoint, std::string_view line) {
  auto stream = co_await network.dial(std::move(endpoint));
  if (!stream) co_return stream.error();
  const auto written = co_await (*stream)->write(line);
  if (!written) co_return written.error();
  std::array<char, 64> answer;
  co_return co_await (*stream)->read_some(answer);
}

class RedisMember : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!RealRedis::available()) GTEST_SKIP() << "no redis-server for tests";
    address_.endpoint = redis_.endpoint();
  }
  // Anew, by `address_`.
  void join() {
    bus_ = std::make_unique<bus::RedisBus>(net_.network(), address_, bus::RedisBus::Settings{});
    client_ = std::make_unique<redis::Client>(net_.network(), address_);
    lease_ = std::make_unique<lease::RedisLease>(net_.loop(), *client_, "one");
  }
  void start_and_join(const std::vector<std::string>& options = {}) {
    redis_.start(options);
    join();
    ASSERT_TRUE(connected());
  }

  bool connected() {
    return net_.run_until([&] { return bus_->state() == bus::State::connected && client_->connected(); });
  }
  bool down() {
    return net_.run_until([&] { return bus_->state() == bus::State::down && !client_->connected(); });
  }
  std::unique_ptr<bus::Following> follow(contract::Heard& heard) {
    auto following = bus_->follow("a", heard);
    EXPECT_TRUE(net_.run_until([&heard] { return heard.following == 1; }));
    return following;
  }
  // From here on what is published arrives.
  void expect_whole(contract::Heard& heard, const std::string& frame) {
    EXPECT_TRUE(net_.run_until([&heard] { return heard.stands(); }));
    EXPECT_TRUE(connected());
    heard.frames.clear();
    bus_->publish("a", frame, {});
    EXPECT_TRUE(net_.run_until([&heard] { return heard.frames.size() == 1; }));
    EXPECT_EQ(heard.frames, std::vector{frame});
  }
  template <class T>
  base::Result<T> run(net::Task<base::Result<T>> task) {
    return contract::await(net_, std::move(task));
  }
  template <class... Text>
  base::Result<redis::Reply> command(const Text&... text) {
    return run(client_->command(text...));
  }

  bool says(const std::string& text) {  // why it is not connected
    return net_.run_until([&] { return client_->reason().find(text) != std::string::npos; });
  }

  RealRedis redis_;
  redis::Address address_;
  net::RealNet net_;
  std::unique_ptr<bus::RedisBus> bus_;
  std::unique_ptr<redis::Client> client_;
  std::unique_ptr<lease::RedisLease> lease_;
};

}  // namespace integration
