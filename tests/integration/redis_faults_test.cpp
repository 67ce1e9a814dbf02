// What a real redis-server does to its clients, and that the bus and the lease come through it (faults.md, Redis).
#include <gtest/gtest.h>

#include "bus/redis_bus.hpp"
#include "contract/heard.hpp"
#include "integration/real_redis.hpp"
#include "lease/redis_lease.hpp"
#include "net/both_nets.hpp"

namespace integration {
namespace {

using namespace std::chrono_literals;
using base::Fault;
using contract::Heard;

// One inline command over a connection that greets nobody; any answer will do.
net::Task<base::Result<std::size_t>> say(net::Network& network, net::Endpoint endpoint, std::string_view line) {
  auto stream = co_await network.dial(std::move(endpoint));
  if (!stream) co_return stream.error();
  const auto written = co_await (*stream)->write(line);
  if (!written) co_return written.error();
  std::array<char, 64> answer;
  co_return co_await (*stream)->read_some(answer);
}

class RedisFaults : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!RealRedis::available()) GTEST_SKIP() << "no redis-server for tests";
    address_.endpoint = redis_.endpoint();
  }
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
  std::unique_ptr<bus::Following> follow(Heard& heard) {
    auto following = bus_->follow("a", heard);
    EXPECT_TRUE(net_.run_until([&heard] { return heard.following == 1; }));
    return following;
  }
  // From here on what is published arrives.
  void expect_whole(Heard& heard, const std::string& frame) {
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

  RealRedis redis_;
  redis::Address address_;
  net::RealNet net_;
  std::unique_ptr<bus::RedisBus> bus_;
  std::unique_ptr<redis::Client> client_;
  std::unique_ptr<lease::RedisLease> lease_;
};

TEST_F(RedisFaults, DownAtStartIsJoinedOnceItComes) {
  join();
  Heard heard;
  const auto following = bus_->follow("a", heard);
  const auto refused = command("PING");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::unavailable);
  EXPECT_EQ(bus_->state(), bus::State::down);
  redis_.start();
  expect_whole(heard, "x");
}

TEST_F(RedisFaults, AStoppedServerTimesOutAndIsUsedAgain) {
  start_and_join();
  Heard heard;
  const auto following = follow(heard);
  const auto fence = run(lease_->acquire("a", 60s, {}))->granted.value();
  redis_.stall();
  const auto renewed = run(lease_->renew("a", 60s, fence));
  ASSERT_FALSE(renewed);
  EXPECT_EQ(renewed.error().fault, Fault::timed_out);
  EXPECT_TRUE(down());
  EXPECT_FALSE(bus_->reason().empty());
  redis_.resume();
  expect_whole(heard, "x");
  EXPECT_TRUE(run(lease_->renew("a", 60s, fence)).value());
}

TEST_F(RedisFaults, KilledSubscriptionsStandAgainAndSayThatTheyWereLost) {
  start_and_join();
  Heard heard;
  const auto following = follow(heard);
  EXPECT_GE(command("CLIENT", "KILL", "TYPE", "pubsub")->integer, 1);
  EXPECT_TRUE(net_.run_until([&] { return heard.lost == 1; }));
  expect_whole(heard, "x");
}

TEST_F(RedisFaults, ARestartWithoutDataIsJoinedAndOpensALaterEpoch) {
  start_and_join();
  Heard heard;
  const auto following = follow(heard);
  const auto fence = run(lease_->acquire("a", 60s, {}))->granted.value();
  redis_.kill();
  EXPECT_TRUE(down());
  EXPECT_TRUE(net_.run_until([&] { return heard.lost == 1; }));
  redis_.start();
  expect_whole(heard, "x");
  EXPECT_FALSE(run(lease_->renew("a", 60s, fence)).value());
  EXPECT_GT(run(lease_->acquire("a", 60s, {}))->granted.value(), fence);
}

TEST_F(RedisFaults, ASubscriberThatFallsBehindIsCutAndStandsAgain) {
  start_and_join();
  Heard heard;
  const auto following = follow(heard);
  ASSERT_TRUE(command("CONFIG", "SET", "client-output-buffer-limit", "pubsub 1mb 1mb 1"));
  bus_->publish("a", std::string(bus::frame_bytes_max, 'x'), {});
  EXPECT_TRUE(net_.run_until([&] { return heard.lost == 1; }));
  expect_whole(heard, "x");
}

TEST_F(RedisFaults, ForgottenScriptsAreSentAgain) {
  start_and_join();
  const auto fence = run(lease_->acquire("a", 60s, {}))->granted.value();
  ASSERT_TRUE(command("SCRIPT", "FLUSH"));
  EXPECT_TRUE(run(lease_->renew("a", 60s, fence)).value());
}

TEST_F(RedisFaults, AReplicaIsNotServedFromUntilItIsTheMaster) {
  start_and_join();
  ASSERT_TRUE(command("REPLICAOF", "127.0.0.1", "1"));
  const auto refused = run(lease_->acquire("a", 60s, {}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::unavailable);
  EXPECT_TRUE(net_.run_until([&] { return client_->reason().find("replica") != std::string::npos; }));
  // Nobody of ours speaks to it any more, so somebody else promotes it.
  EXPECT_TRUE(run(say(net_.network(), redis_.endpoint(), "REPLICAOF NO ONE\r\n")));
  EXPECT_TRUE(connected());
  EXPECT_TRUE(run(lease_->acquire("a", 60s, {}))->granted);
}

TEST_F(RedisFaults, AWrongPasswordIsSaidAndTheRightOneWorks) {
  redis_.start({"--requirepass", "secret"});
  address_.password = "wrong";
  join();
  EXPECT_TRUE(net_.run_until([&] { return client_->reason().find("WRONGPASS") != std::string::npos; }));
  EXPECT_FALSE(client_->connected());
  address_.password.clear();
  join();
  EXPECT_TRUE(net_.run_until([&] { return client_->reason().find("NOAUTH") != std::string::npos; }));
  address_.password = "secret";
  address_.database = 3;
  join();
  EXPECT_TRUE(connected());
  ASSERT_TRUE(command("ACL", "SETUSER", "we", "on", ">ours", "~dockcast:*", "&dockcast:*", "+@all", "-@dangerous"));
  address_.user = "we";
  address_.password = "ours";
  join();
  EXPECT_TRUE(connected());
  const auto forbidden = command("GET", "other");
  ASSERT_FALSE(forbidden);
  EXPECT_EQ(forbidden.error().fault, Fault::forbidden);
  EXPECT_TRUE(client_->connected());
  EXPECT_TRUE(run(lease_->acquire("a", 60s, {}))->granted);
}

TEST_F(RedisFaults, AFullMemoryRefusesLeasesAndStillPublishes) {
  start_and_join();
  Heard heard;
  const auto following = follow(heard);
  ASSERT_TRUE(command("CONFIG", "SET", "maxmemory", "1"));
  const auto refused = run(lease_->acquire("a", 60s, {}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::unavailable);
  expect_whole(heard, "x");
}

}  // namespace
}  // namespace integration
