// redis::EvictionWatch beside a simulated Redis whose policy changes.
#include "redis/eviction_watch.hpp"

#include <gtest/gtest.h>

#include "contract/redis_world.hpp"

namespace sim {
namespace {

using namespace std::chrono_literals;

TEST(EvictionWatch, WarnsOnceForEachServerAndChange) {
  contract::RedisWorld world{contract::Kind::simulated};
  SimRedis& redis = world.simulated();
  redis.set_maxmemory_policy("allkeys-lru");
  redis::Client client(world.network(), world.address());
  redis::EvictionWatch watch(world.loop(), client);
  world.pass(4min);
  EXPECT_EQ(watch.warnings(), 1u);
  redis.refuse_with("READONLY for a moment");
  EXPECT_FALSE(world.await(client.command("GET", "k")));
  redis.refuse_with("");
  world.pass(4min);
  EXPECT_EQ(watch.warnings(), 1u) << "another connection is no reason";
  redis.set_maxmemory_policy("volatile-ttl");
  world.pass(4min);
  EXPECT_EQ(watch.warnings(), 2u);
  redis.set_maxmemory_policy("noeviction");
  world.pass(4min);
  EXPECT_EQ(watch.warnings(), 2u);
  redis.set_maxmemory_policy("volatile-ttl");
  world.pass(4min);
  EXPECT_EQ(watch.warnings(), 3u);
  redis.fail_over();
  world.pass(4min);
  EXPECT_EQ(watch.warnings(), 4u) << "another server";
}

TEST(EvictionWatch, AsksNoMoreWhereItIsForbidden) {
  contract::RedisWorld world{contract::Kind::simulated};
  redis::Client client(world.network(), world.address());
  ASSERT_TRUE(world.run_until([&] { return client.connected(); }));
  redis::EvictionWatch watch(world.loop(), client);
  world.simulated().forbid_info(true);
  world.pass(4min);
  world.simulated().set_maxmemory_policy("allkeys-lru");
  world.simulated().forbid_info(false);
  world.pass(4min);
  EXPECT_EQ(watch.warnings(), 0u);
}

}  // namespace
}  // namespace sim
