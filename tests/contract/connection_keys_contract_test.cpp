// What is told of connections to a platform of another kind (roster/connection_keys.hpp), on a simulated Redis and the
// real one.
#include "roster/connection_keys.hpp"

#include <gmock/gmock.h>

#include "contract/redis_world.hpp"
#include "redis/client.hpp"

namespace contract {
namespace {

using namespace std::chrono_literals;
using roster::ConnectionKeys;
using roster::SessionNews;
using testing::ElementsAre;
using testing::IsEmpty;
using What = SessionNews::What;

class ConnectionKeysContract : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == Kind::real && RedisWorld::real_port() == nullptr) GTEST_SKIP() << "no Redis for tests";
    asker_ = std::make_unique<redis::Client>(world_.network(), world_.address());
    ASSERT_TRUE(world_.run_until([this] { return asker_->connected(); }));
    make();
  }
  void make() {
    ConnectionKeys::Settings settings;
    settings.ttl = 2s;
    settings.renew_every = 500ms;
    settings.look_every = 50ms;
    settings.write_every = 20ms;
    keys_ = std::make_unique<ConnectionKeys>(world_.network(), world_.address(), "web-1-00000000000000ff", "web-1",
                                             settings);
  }
  void tell(std::uint64_t number, std::vector<std::string> channels, What what = What::changed) {
    SessionNews news{.what = what, .number = number, .connected = net::WallTime(1767225600500ms)};
    news.channels = std::move(channels);
    keys_->tell(news);
  }
  std::string channel(const std::string& name) { return world_.prefix() + name; }
  std::string key(const std::string& name, const std::string& number) {
    return "ws:connection:" + channel(name) + ":00000000000000ff" + number;
  }
  std::vector<std::string> fields(const std::string& key) {
    const auto reply = world_.await(asker_->command("HGETALL", key));
    std::vector<std::string> all;
    for (const auto& each : reply.value().items) all.push_back(each.text);
    return all;
  }
  std::int64_t pttl(const std::string& key) { return world_.await(asker_->command("PTTL", key)).value().integer; }
  bool comes(const std::string& key) {
    return world_.run_until([&] { return pttl(key) > 0; });
  }
  bool goes(const std::string& key) {
    return world_.run_until([&] { return pttl(key) == -2; });
  }

  RedisWorld world_{GetParam()};
  std::unique_ptr<redis::Client> asker_;
  std::unique_ptr<ConnectionKeys> keys_;
  const std::string first_ = "0000000000000100", second_ = "0000000000000200";
};

TEST_P(ConnectionKeysContract, EachChannelOfASessionIsAHashWithATtl) {
  tell(256, {}, What::opened);
  tell(256, {channel("docker:events"), channel("news")});
  ASSERT_TRUE(comes(key("news", first_)));
  EXPECT_LE(pttl(key("news", first_)), 2000);
  auto found = fields(key("docker:events", first_));
  ASSERT_EQ(found.size(), 6U);
  std::map<std::string, std::string> pairs;
  for (std::size_t i = 0; i < found.size(); i += 2) pairs[found[i]] = found[i + 1];
  EXPECT_EQ(pairs,
            (std::map<std::string, std::string>{
                {"instance_id", "web-1"}, {"channel", channel("docker:events")}, {"connected_at", "1767225600"}}));
}

TEST_P(ConnectionKeysContract, WhatIsNotFollowedAnyMoreIsDeleted) {
  tell(256, {channel("a"), channel("b")});
  tell(512, {channel("a")});
  ASSERT_TRUE(comes(key("b", first_)) && comes(key("a", second_)));
  tell(256, {channel("b"), channel("c")});
  ASSERT_TRUE(comes(key("c", first_)));
  EXPECT_TRUE(goes(key("a", first_)));
  EXPECT_GT(pttl(key("a", second_)), 0);
  tell(256, {}, What::closed);
  EXPECT_TRUE(goes(key("b", first_)) && goes(key("c", first_)));
  EXPECT_GT(pttl(key("a", second_)), 0) << "another session's";
}

TEST_P(ConnectionKeysContract, WhatLivesStaysBeyondItsTtl) {
  tell(256, {channel("a")});
  ASSERT_TRUE(comes(key("a", first_)));
  for (int i = 0; i < 30; ++i) {
    world_.pass(100ms);
    ASSERT_GT(pttl(key("a", first_)), 0) << i;
  }
}

TEST_P(ConnectionKeysContract, WhatWasLostIsWrittenAnew) {
  tell(256, {channel("a"), channel("b")});
  ASSERT_TRUE(comes(key("a", first_)) && comes(key("b", first_)));
  EXPECT_EQ(world_.await(asker_->command("DEL", key("a", first_), key("b", first_))).value().integer, 2);
  EXPECT_TRUE(comes(key("a", first_)) && comes(key("b", first_)));
}

TEST_P(ConnectionKeysContract, WhoDiesIsSeenForItsTtl) {
  tell(256, {channel("a")});
  ASSERT_TRUE(comes(key("a", first_)));
  keys_.reset();
  EXPECT_GT(pttl(key("a", first_)), 0);
  EXPECT_TRUE(goes(key("a", first_)));
}

TEST_P(ConnectionKeysContract, WhoLeavesTakesAllOfThemAlong) {
  std::vector<std::string> names;
  for (int i = 0; i < 1000; ++i) names.push_back(channel(std::to_string(i)));
  tell(256, names);
  ASSERT_TRUE(comes(key("0", first_)) && comes(key("999", first_)));
  tell(512, {channel("a")});
  ASSERT_TRUE(comes(key("a", second_)));
  tell(512, {}, What::closed);
  bool left = false;
  keys_->leave([&left] { left = true; });
  ASSERT_TRUE(world_.run_until([&left] { return left; }));
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(pttl(key(std::to_string(i), first_)), -2) << i;
  EXPECT_EQ(pttl(key("a", second_)), -2) << "its end was not written yet";
}

INSTANTIATE_TEST_SUITE_P(Redis, ConnectionKeysContract, testing::Values(Kind::simulated, Kind::real), name_of);

class ConnectionKeysTest : public ::testing::Test {
 protected:
  RedisWorld world_{Kind::simulated};
  ConnectionKeys keys_{world_.network(), world_.address(), "web-1-00000000000000ff", "web-1", {}};
};

TEST_F(ConnectionKeysTest, ComeBackWithRedisAndWaitForNobodyWhoIsAway) {
  world_.simulated().kill();
  world_.pass(1s);
  for (std::uint64_t i = 1; i <= 3000; ++i) keys_.tell({.what = What::changed, .number = i, .channels = {"news"}});
  keys_.tell({.what = What::closed, .number = 7});
  world_.pass(5s);
  world_.simulated().start();
  redis::Client asker(world_.network(), world_.address());
  const auto there = [&](const char* number) {
    const auto reply = world_.await(asker.command("PTTL", "ws:connection:news:00000000000000ff" + std::string(number)));
    return reply && reply->integer > 290'000;
  };
  EXPECT_TRUE(world_.run_until([&] { return there("0000000000000bb8"); }));
  EXPECT_FALSE(there("0000000000000007"));
  bool left = false;
  world_.simulated().kill();
  keys_.leave([&left] { left = true; });
  EXPECT_TRUE(world_.run_until([&left] { return left; }));
}

TEST_F(ConnectionKeysTest, WhereNothingChangesLittleIsSaid) {
  for (std::uint64_t i = 1; i <= 3000; ++i) keys_.tell({.what = What::changed, .number = i, .channels = {"news"}});
  world_.pass(10s);
  const std::uint64_t before = world_.simulated().counts().commands;
  world_.pass(60s);
  const std::uint64_t said = world_.simulated().counts().commands - before;
  EXPECT_GE(said, 3000U) << "each is renewed once";
  EXPECT_LE(said, 3000U + 15 + 60 + 12) << "a few scripts, pings and looks beside it";
}

}  // namespace
}  // namespace contract
