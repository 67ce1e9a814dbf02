// What a Registry promises (tunnel/registry.hpp) and its script does, on the simulated and the real Redis.
#include "tunnel/registry.hpp"

#include <gmock/gmock.h>

#include "contract/redis_world.hpp"
#include "tunnel/redis_registry.hpp"
#include "tunnel/scripts.hpp"

namespace contract {
namespace {

using namespace std::chrono_literals;
using ::testing::UnorderedElementsAre;
using tunnel::Registry;

base::Result<Registry::Record> look(RedisWorld& world, Registry& at) {
  std::optional<base::Result<Registry::Record>> record;
  at.look([&record](base::Result<Registry::Record> got) { record = std::move(got); });
  EXPECT_FALSE(record);
  EXPECT_TRUE(world.run_until([&record] { return record.has_value(); }));
  return record.value_or(base::Error{});
}

// It is there when this returns.
void note(RedisWorld& world, Registry& at, const std::string& engine) {
  at.note(engine);
  EXPECT_TRUE(look(world, at));
}

class RegistryContract : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == Kind::real && RedisWorld::real_port() == nullptr) GTEST_SKIP() << "no Redis for tests";
    client_ = std::make_unique<redis::Client>(world_.network(), world_.address());
    ASSERT_TRUE(world_.run_until([&] { return client_->connected(); }));
    one_ = std::make_unique<tunnel::RedisRegistry>(*client_, world_.prefix());
    two_ = std::make_unique<tunnel::RedisRegistry>(*client_, world_.prefix());
  }

  static std::vector<std::string> names(const Registry::Record& record) {
    std::vector<std::string> names;
    for (const Registry::Entry& each : record.engines) names.push_back(each.engine);
    return names;
  }
  std::string engines() const { return world_.prefix() + "engines"; }

  RedisWorld world_{GetParam()};
  std::unique_ptr<redis::Client> client_;
  std::unique_ptr<Registry> one_, two_;
};

TEST_P(RegistryContract, WhatWasNotedIsThereForAllWithItsAge) {
  const Registry::Record none = look(world_, *one_).value();
  EXPECT_TRUE(none.engines.empty());
  EXPECT_EQ(none.age, 0s);
  note(world_, *one_, "A");
  world_.pass(300ms);
  note(world_, *two_, "B");
  note(world_, *one_, "B");
  const Registry::Record record = look(world_, *two_).value();
  EXPECT_THAT(names(record), UnorderedElementsAre("A", "B"));
  EXPECT_GE(record.age, 300ms);
  for (const Registry::Entry& each : record.engines) {
    EXPECT_GE(each.age, each.engine == "A" ? 300ms : 0ms);
    EXPECT_LE(each.age, record.age);
  }
  EXPECT_LE(world_.await(client_->command("PTTL", engines()))->integer, Registry::kept / 1ms);
}

TEST_P(RegistryContract, ItBeginsAnewWhereItWasLost) {
  note(world_, *one_, "A");
  world_.pass(300ms);
  ASSERT_TRUE(world_.await(client_->command("DEL", engines())));
  note(world_, *two_, "B");
  const Registry::Record record = look(world_, *one_).value();
  EXPECT_THAT(names(record), UnorderedElementsAre("B"));
  EXPECT_LT(record.age, 300ms);
}

TEST_P(RegistryContract, WhoeverCannotReadIsTold) {
  ASSERT_TRUE(world_.await(client_->command("SET", engines(), "something else")));
  if (GetParam() == Kind::simulated) world_.simulated().kill();
  const auto record = look(world_, *one_);
  ASSERT_FALSE(record);
  EXPECT_EQ(record.error().fault, GetParam() == Kind::real ? base::Fault::internal : base::Fault::closed);
}

INSTANTIATE_TEST_SUITE_P(All, RegistryContract, ::testing::Values(Kind::simulated, Kind::real), name_of);

// What stands there and is no Engine's name is nobody's.
TEST_P(RegistryContract, OddNamesAreNotRead) {
  note(world_, *one_, "A");
  note(world_, *one_, std::string(1000, 'x'));
  EXPECT_THAT(names(look(world_, *two_).value()), UnorderedElementsAre("A"));
}

struct Place {
  explicit Place(Kind kind) : world(kind) {
    EXPECT_TRUE(world.run_until([this] { return client.connected(); }));
  }
  RedisWorld world;
  redis::Client client{world.network(), world.address()};
  tunnel::RedisRegistry registry{client, world.prefix()};
};

// A minute passes on virtual time alone; more Engines than are kept come from a real script alone.
TEST(RegistryOverTime, WhatIsNotNotedAnyMoreIsForgotten) {
  Place place(Kind::simulated);
  auto& [world, client, registry] = place;
  note(world, registry, "A");
  note(world, registry, "B");
  for (int i = 0; i < 12; ++i) {
    world.pass(Registry::kept / 12);
    note(world, registry, "A");
  }
  const Registry::Record record = look(world, registry).value();
  ASSERT_EQ(record.engines.size(), 1u);
  EXPECT_EQ(record.engines[0].engine, "A");
  EXPECT_GE(record.age, Registry::kept);
}

// Whoever was there may not have been able to note anything.
TEST(RegistryOverTime, WhereNobodyNotedAnythingForAWhileItBeginsAnew) {
  Place place(Kind::simulated);
  auto& [world, client, registry] = place;
  for (int i = 0; i < 5; ++i) {
    note(world, registry, "A");
    world.pass(2s);
  }
  EXPECT_GE(look(world, registry).value().age, 9s);
  world.pass(8s);
  EXPECT_EQ(look(world, registry).value().age, 0s);
  note(world, registry, "B");
  const Registry::Record record = look(world, registry).value();
  EXPECT_EQ(record.engines.size(), 2u);
  EXPECT_LT(record.age, 1s);
}

// The real script, in less time.
TEST(RegistryOverTime, TheScriptSeesABreak) {
  if (RedisWorld::real_port() == nullptr) GTEST_SKIP() << "no Redis for tests";
  Place place(Kind::real);
  auto& [world, client, registry] = place;
  const auto note_again = [&](const std::string& silence_ms) {
    ASSERT_TRUE(world.await(
        client.run(tunnel::scripts::note, 1, {world.prefix() + "engines", "A", "60000", "64", silence_ms})));
  };
  note_again("1000");
  world.pass(100ms);
  note_again("1000");
  EXPECT_GE(look(world, registry).value().age, 100ms);
  world.pass(100ms);
  note_again("20");
  EXPECT_LT(look(world, registry).value().age, 100ms);
}

TEST(RegistryOverTime, ThoseThatWereNotedLastAreKept) {
  if (RedisWorld::real_port() == nullptr) GTEST_SKIP() << "no Redis for tests";
  Place place(Kind::real);
  auto& [world, client, registry] = place;
  for (std::size_t i = 0; i < Registry::engines_max; ++i) registry.note("ENGINE-" + std::to_string(i));
  world.pass(50ms);
  note(world, registry, "ONE-MORE");
  const Registry::Record record = look(world, registry).value();
  EXPECT_EQ(record.engines.size(), Registry::engines_max);
  EXPECT_TRUE(std::any_of(record.engines.begin(), record.engines.end(),
                          [](const Registry::Entry& each) { return each.engine == "ONE-MORE"; }));
  EXPECT_GE(record.age, 50ms);
}

}  // namespace
}  // namespace contract
