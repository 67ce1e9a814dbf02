// What a real redis-server does to its clients, and that the bus and the lease come through it (faults.md, Redis).
#include <gtest/gtest.h>

#include <filesystem>

#include "integration/redis_member.hpp"
#include "redis/eviction_watch.hpp"

namespace integration {
namespace {

using namespace std::chrono_literals;
using base::Fault;
using contract::Heard;

class RedisFaults : public RedisMember {};

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

TEST_F(RedisFaults, AnAccountThatIsTakenAwayIsSaidAndGivenBackItIsUsed) {
  start_and_join();
  ASSERT_TRUE(command("ACL", "SETUSER", "we", "on", ">ours", "~dockcast:*", "&dockcast:*", "+@all", "-@dangerous"));
  address_.user = "we";
  address_.password = "ours";
  join();
  ASSERT_TRUE(connected());
  ASSERT_TRUE(run(say(net_.network(), redis_.endpoint(), "ACL DELUSER we\r\n")));
  EXPECT_TRUE(says("WRONGPASS"));
  EXPECT_TRUE(down());
  ASSERT_TRUE(run(
      say(net_.network(), redis_.endpoint(), "ACL SETUSER we on >ours ~dockcast:* &dockcast:* +@all -@dangerous\r\n")));
  EXPECT_TRUE(connected());
}

TEST_F(RedisFaults, AnAccountThatMayNotSubscribeIsSaidAndIsNotOurOwnFault) {
  redis_.start();
  join();
  ASSERT_TRUE(connected());
  ASSERT_TRUE(command("ACL", "SETUSER", "mute", "on", ">ours", "~dockcast:*", "resetchannels", "+@all"));
  address_.user = "mute";
  address_.password = "ours";
  join();
  EXPECT_TRUE(net_.run_until([&] { return bus_->reason().find("NOPERM") != std::string::npos; }));
  EXPECT_EQ(bus_->state(), bus::State::down);
  EXPECT_EQ(bus_->deaf_in_a_row(), 0u);
  EXPECT_TRUE(net_.run_until([&] { return client_->connected(); })) << "leases go on";
}

TEST_F(RedisFaults, AMasterThatIsMadeAReplicaIsLeftThoughItTakesPublications) {
  start_and_join();
  client_.reset();  // nobody but the bus could notice
  ASSERT_TRUE(run(say(net_.network(), redis_.endpoint(), "REPLICAOF 127.0.0.1 1\r\n")));
  EXPECT_TRUE(net_.run_until([&] { return bus_->reason().find("replica") != std::string::npos; }));
  EXPECT_EQ(bus_->state(), bus::State::down);
  ASSERT_TRUE(run(say(net_.network(), redis_.endpoint(), "REPLICAOF NO ONE\r\n")));
  EXPECT_TRUE(net_.run_until([&] { return bus_->state() == bus::State::connected; }));
}

TEST_F(RedisFaults, AFlushTakesTheLeaseAndFencesGrowOn) {
  start_and_join();
  Heard heard;
  const auto following = follow(heard);
  const auto fence = run(lease_->acquire("a", 60s, {}))->granted.value();
  ASSERT_TRUE(command("FLUSHALL"));
  EXPECT_FALSE(run(lease_->renew("a", 60s, fence)).value());
  EXPECT_GT(run(lease_->acquire("a", 60s, {}))->granted.value(), fence);
  EXPECT_EQ(heard.lost, 0);
  expect_whole(heard, "x");
}

TEST_F(RedisFaults, AServerThatLoadsItsDataIsWaitedFor) {
  start_and_join();
  ASSERT_TRUE(command("EVAL", "for i = 1, 5000 do redis.call('SET', i, i) end", "0"));
  ASSERT_TRUE(command("SAVE"));
  redis_.kill();
  redis_.start({"--key-load-delay", "200", "--loading-process-events-interval-bytes", "1024"});
  EXPECT_TRUE(says("loading its data set"));
  EXPECT_TRUE(connected());
}

TEST_F(RedisFaults, ADiskThatCannotBeWrittenRefusesLeasesAndStillPublishes) {
  const std::string data = redis_.folder() + "/data";
  std::filesystem::create_directory(data);
  start_and_join({"--dir", data, "--save", "3600 1"});
  Heard heard;
  const auto following = follow(heard);
  std::filesystem::remove_all(data);
  ASSERT_TRUE(command("BGSAVE"));
  std::string why;
  while (why.find("MISCONF") == std::string::npos) {  // until Redis has seen that it failed
    const auto refused = run(lease_->acquire("a", 60s, {}));
    if (!refused) why = refused.error().message;
  }
  EXPECT_NE(why.find("see its log"), std::string::npos) << why;
  expect_whole(heard, "x");
  ASSERT_TRUE(command("CONFIG", "SET", "stop-writes-on-bgsave-error", "no"));
  EXPECT_TRUE(run(lease_->acquire("a", 60s, {}))->granted);
}

TEST_F(RedisFaults, AnEvictingPolicyIsWarnedOf) {
  start_and_join({"--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"});
  redis::EvictionWatch watch(net_.loop(), *client_);
  EXPECT_TRUE(net_.run_until([&] { return watch.warnings() == 1; }));
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
