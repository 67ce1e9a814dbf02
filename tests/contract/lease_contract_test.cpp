// What every Lease promises (lease/lease.hpp), asked of each implementation.
#include "lease/lease.hpp"

#include "contract/redis_world.hpp"
#include "lease/memory_lease.hpp"
#include "lease/redis_lease.hpp"

namespace contract {
namespace {

using namespace std::chrono_literals;
using lease::Answer;
using lease::Fence;

constexpr net::Duration long_ttl = 60s;
constexpr net::Duration short_ttl = 200ms;

class LeaseContract : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == Kind::real && RedisWorld::real_port() == nullptr) GTEST_SKIP() << "no Redis for tests";
    if (GetParam() == Kind::memory) {
      one_ = std::make_unique<lease::MemoryLease>(world_.loop(), "one");
      return;
    }
    client_ = std::make_unique<redis::Client>(world_.network(), world_.address());
    ASSERT_TRUE(world_.run_until([&] { return client_->connected(); }));
    one_ = std::make_unique<lease::RedisLease>(world_.loop(), *client_, "one", world_.prefix());
    two_ = std::make_unique<lease::RedisLease>(world_.loop(), *client_, "two", world_.prefix());
  }

  Answer acquire(lease::Lease& by, Fence above = {}, net::Duration ttl = long_ttl) {
    return world_.await(by.acquire("engine/container:logs:a", ttl, above)).value();
  }
  Answer seize(lease::Lease& by, std::string seen) {
    return world_.await(by.seize("engine/container:logs:a", long_ttl, Fence{}, std::move(seen))).value();
  }
  bool renew(lease::Lease& by, Fence fence, net::Duration ttl = long_ttl) {
    return world_.await(by.renew("engine/container:logs:a", ttl, fence)).value();
  }
  void release(lease::Lease& by, Fence fence) {
    EXPECT_TRUE(world_.await(by.release("engine/container:logs:a", fence)));
  }

  RedisWorld world_{GetParam()};
  std::unique_ptr<redis::Client> client_;
  std::unique_ptr<lease::Lease> one_, two_;
};

TEST_P(LeaseContract, AFreeOneIsGrantedAndItsValueBeginsWithTheHolder) {
  const Answer answer = acquire(*one_);
  ASSERT_TRUE(answer.granted);
  EXPECT_GT(answer.granted->epoch, 0u);
  EXPECT_TRUE(answer.value.starts_with("one|")) << answer.value;
}

TEST_P(LeaseContract, ItIsRenewedByItsFenceOnly) {
  const Fence fence = *acquire(*one_).granted;
  EXPECT_TRUE(renew(*one_, fence));
  EXPECT_TRUE(renew(*one_, fence));
  EXPECT_FALSE(renew(*one_, Fence{fence.epoch, fence.counter + 1}));
  EXPECT_FALSE(renew(*one_, Fence{fence.epoch, fence.counter / 10}));
}

TEST_P(LeaseContract, WhatIsReleasedIsNotRenewed) {
  const Fence fence = *acquire(*one_).granted;
  release(*one_, fence);
  EXPECT_FALSE(renew(*one_, fence));
  release(*one_, fence);
}

TEST_P(LeaseContract, EachGrantHasAGreaterFence) {
  const Fence first = *acquire(*one_).granted;
  const Fence second = *acquire(*one_).granted;  // ours already: an answer may have been lost
  EXPECT_GT(second, first);
  EXPECT_FALSE(renew(*one_, first));
  release(*one_, first);
  EXPECT_TRUE(renew(*one_, second));
  release(*one_, second);
  EXPECT_GT(*acquire(*one_).granted, second);
}

TEST_P(LeaseContract, AFenceExceedsTheGreatestOneHeard) {
  const Fence first = *acquire(*one_).granted;
  const Fence same_epoch = *acquire(*one_, Fence{first.epoch, 5000}).granted;
  EXPECT_EQ(same_epoch, (Fence{first.epoch, 5001}));
  const Fence later_epoch = *acquire(*one_, Fence{first.epoch + 7, 3}).granted;
  EXPECT_EQ(later_epoch, (Fence{first.epoch + 7, 4}));
  EXPECT_EQ(*acquire(*one_, first).granted, (Fence{first.epoch + 7, 5}));
}

TEST_P(LeaseContract, LeasesOfOtherNamesAreApart) {
  const Fence fence = *acquire(*one_).granted;
  const auto other = world_.await(one_->acquire("engine/container:logs:b", long_ttl, Fence{})).value();
  ASSERT_TRUE(other.granted);
  release(*one_, fence);
  EXPECT_TRUE(world_.await(one_->renew("engine/container:logs:b", long_ttl, *other.granted)).value());
}

INSTANTIATE_TEST_SUITE_P(, LeaseContract, ::testing::Values(Kind::memory, Kind::simulated, Kind::real), name_of);

// What takes two who want it.
class SharedLeaseContract : public LeaseContract {};

TEST_P(SharedLeaseContract, TheSecondIsRefusedAndShownTheValue) {
  const Answer first = acquire(*one_);
  const Answer second = acquire(*two_);
  EXPECT_FALSE(second.granted);
  EXPECT_EQ(second.value, first.value);
  release(*one_, *first.granted);
  const Answer third = acquire(*two_);
  ASSERT_TRUE(third.granted);
  EXPECT_GT(*third.granted, *first.granted);
}

TEST_P(SharedLeaseContract, AHoldersNameThatBeginsLikeAnothersIsAnother) {
  lease::RedisLease longer(world_.loop(), *client_, "one-more", world_.prefix());
  const Answer first = acquire(longer);
  EXPECT_FALSE(acquire(*one_).granted);
  EXPECT_TRUE(renew(longer, *first.granted));
}

TEST_P(SharedLeaseContract, NobodyRenewsOrReleasesAnothers) {
  const Fence fence = *acquire(*one_).granted;
  EXPECT_FALSE(renew(*two_, fence));
  release(*two_, fence);
  EXPECT_TRUE(renew(*one_, fence));
}

TEST_P(SharedLeaseContract, ItEndsByItselfUnlessItIsRenewed) {
  const Fence first = *acquire(*one_, {}, short_ttl).granted;
  ASSERT_TRUE(renew(*one_, first, short_ttl));
  Answer second;
  EXPECT_TRUE(world_.run_until([&] { return (second = acquire(*two_)).granted.has_value(); }));
  EXPECT_GT(*second.granted, first);
  EXPECT_FALSE(renew(*one_, first));
}

TEST_P(SharedLeaseContract, AHolderThatRenewsIsNotSeized) {
  const Fence fence = *acquire(*one_).granted;
  const Answer seen = acquire(*two_);
  ASSERT_TRUE(renew(*one_, fence));
  const Answer refused = seize(*two_, seen.value);
  EXPECT_FALSE(refused.granted);
  EXPECT_NE(refused.value, seen.value);
  EXPECT_TRUE(renew(*one_, fence));
}

TEST_P(SharedLeaseContract, AHolderThatDoesNotRenewIsSeizedThoughItsTimeIsNotOver) {
  const Fence first = *acquire(*one_).granted;
  const Answer seen = acquire(*two_);
  const Answer seized = seize(*two_, seen.value);
  ASSERT_TRUE(seized.granted);
  EXPECT_GT(*seized.granted, first);
  EXPECT_FALSE(renew(*one_, first));
}

TEST_P(SharedLeaseContract, FencesGrowOverTheLossOfAllData) {
  const Fence first = *acquire(*one_).granted;
  for (const char* key : {"lease", "fence"}) {
    const std::string name = world_.prefix() + key + ":{engine/container:logs:a}";
    ASSERT_EQ(world_.await(client_->command("DEL", name)).value().integer, 1);
  }
  EXPECT_FALSE(renew(*one_, first));
  EXPECT_GT(*acquire(*two_).granted, first);
}

TEST_P(SharedLeaseContract, AFenceThatNobodyCanHaveIsNotBelieved) {
  const Fence fence = *acquire(*one_, Fence{~std::uint64_t{0}, ~std::uint64_t{0}}).granted;
  EXPECT_LT(fence.epoch, std::uint64_t{1} << 52);
  EXPECT_EQ(fence.counter, 1u);
}

TEST_P(SharedLeaseContract, WhatSomebodyElseWroteThereIsNotOurs) {
  const std::string lease = world_.prefix() + "lease:{engine/container:logs:a}";
  const std::string fence = world_.prefix() + "fence:{engine/container:logs:a}";
  ASSERT_TRUE(world_.await(client_->command("SET", lease, "nonsense")));
  ASSERT_TRUE(world_.await(client_->command("SET", fence, "nonsense")));
  const Answer refused = acquire(*one_);
  EXPECT_FALSE(refused.granted);
  EXPECT_EQ(refused.value, "nonsense");
  EXPECT_TRUE(seize(*one_, "nonsense").granted);
}

INSTANTIATE_TEST_SUITE_P(, SharedLeaseContract, ::testing::Values(Kind::simulated, Kind::real), name_of);

}  // namespace
}  // namespace contract
