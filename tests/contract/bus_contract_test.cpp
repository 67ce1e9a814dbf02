// What every Bus promises (bus/bus.hpp), asked of each implementation.
#include "bus/bus.hpp"

#include "bus/memory_bus.hpp"
#include "bus/redis_bus.hpp"
#include "contract/redis_world.hpp"

namespace contract {
namespace {

class BusContract : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == Kind::real && RedisWorld::real_port() == nullptr) GTEST_SKIP() << "no Redis for tests";
    if (GetParam() == Kind::memory) {
      one_ = std::make_unique<bus::MemoryBus>(world_.loop());
      return;
    }
    one_ = make();
    two_ = make();
    ASSERT_TRUE(world_.run_until([&] { return ready(one()) && ready(two()); }));
  }

  static bool ready(bus::Bus& bus) { return bus.state() != bus::State::down; }
  std::unique_ptr<bus::Bus> make() {
    return std::make_unique<bus::RedisBus>(world_.network(), world_.address(),
                                           bus::RedisBus::Settings{.prefix = world_.prefix(), .lanes = 2});
  }

  // Two instances; of one process' memory there is only one.
  bus::Bus& one() { return *one_; }
  bus::Bus& two() { return two_ ? *two_ : *one_; }
  std::unique_ptr<bus::Following> follow(bus::Bus& bus, std::string_view channel, Heard& heard) {
    auto following = bus.follow(channel, heard);
    EXPECT_TRUE(world_.run_until([&heard] { return heard.stands(); }));
    return following;
  }
  base::Result<std::uint64_t> publish(bus::Bus& bus, std::string_view channel, std::string frame) {
    std::optional<base::Result<std::uint64_t>> result;
    bus.publish(channel, std::move(frame), [&result](base::Result<std::uint64_t> receivers) { result = receivers; });
    EXPECT_FALSE(result) << "called inside publish()";
    EXPECT_TRUE(world_.run_until([&result] { return result.has_value(); }));
    return result.value();
  }

  RedisWorld world_{GetParam()};
  std::unique_ptr<bus::Bus> one_, two_;
};

TEST_P(BusContract, FramesArriveInOrderAsTheyAre) {
  Heard heard;
  const auto following = follow(two(), "engine/container:logs:a", heard);
  std::vector<std::string> sent = {"", std::string("\0\r\n$3\r\n\xff", 8), "text"};
  for (int i = 0; i < 500; ++i) sent.push_back(std::to_string(i));
  for (const std::string& frame : sent) one().publish("engine/container:logs:a", frame, {});
  EXPECT_TRUE(world_.run_until([&] { return heard.frames.size() == sent.size(); }));
  EXPECT_EQ(heard.frames, sent);
}

TEST_P(BusContract, EveryListenerOfTheChannelHearsAndNobodyElse) {
  Heard first, second, elsewhere, other;
  const auto a = follow(one(), "a", first);
  const auto b = follow(one(), "a", second);
  const auto c = follow(two(), "a", elsewhere);
  const auto d = follow(one(), "b", other);
  ASSERT_TRUE(publish(one(), "a", "x"));
  ASSERT_TRUE(publish(one(), "b", "y"));
  EXPECT_TRUE(world_.run_until([&] {
    return first.frames.size() == 1 && second.frames.size() == 1 && elsewhere.frames.size() == 1 &&
           other.frames.size() == 1;
  }));
  EXPECT_EQ(first.frames[0], "x");
  EXPECT_EQ(second.frames[0], "x");
  EXPECT_EQ(elsewhere.frames[0], "x");
  EXPECT_EQ(other.frames[0], "y");
}

TEST_P(BusContract, PublishingTellsHowManyInstancesFollow) {
  EXPECT_EQ(publish(one(), "a", "x").value(), 0u);
  Heard here, here_too, there;
  const auto a = follow(one(), "a", here);
  const auto b = follow(one(), "a", here_too);
  EXPECT_EQ(publish(two(), "a", "x").value(), 1u);
  const auto c = follow(two(), "a", there);
  EXPECT_EQ(publish(one(), "a", "x").value(), GetParam() == Kind::memory ? 1u : 2u);
}

TEST_P(BusContract, NothingIsCalledInsideFollow) {
  Heard first, second;
  const auto a = one().follow("a", first);
  EXPECT_EQ(first.following, 0);
  EXPECT_TRUE(world_.run_until([&] { return first.following == 1; }));
  const auto b = one().follow("a", second);  // the subscription stands already
  EXPECT_EQ(second.following, 0);
  EXPECT_TRUE(world_.run_until([&] { return second.following == 1; }));
  EXPECT_EQ(first.following, 1);
}

TEST_P(BusContract, NothingArrivesAfterTheEndOfTheFollowing) {
  Heard heard, witness;
  auto following = follow(one(), "a", heard);
  const auto kept = follow(one(), "a", witness);
  one().publish("a", "late", {});
  following.reset();
  EXPECT_TRUE(world_.run_until([&] { return witness.frames.size() == 1; }));
  EXPECT_TRUE(heard.frames.empty());
}

TEST_P(BusContract, AListenerMayLeaveAndTakeOthersAlongInTheMiddleOfACall) {
  Heard first, second, third;
  auto a = follow(one(), "a", first);
  auto b = follow(one(), "a", second);
  auto c = follow(one(), "a", third);
  first.then = [&] {
    a.reset();
    b.reset();
  };
  ASSERT_TRUE(publish(one(), "a", "x"));
  EXPECT_TRUE(world_.run_until([&] { return third.frames.size() == 1; }));
  ASSERT_TRUE(publish(one(), "a", "y"));
  EXPECT_TRUE(world_.run_until([&] { return third.frames.size() == 2; }));
  EXPECT_EQ(first.frames.size(), 1u);
  EXPECT_TRUE(second.frames.empty());
}

TEST_P(BusContract, AChannelMayBeLeftAndFollowedAgainAtOnce) {
  Heard before, after;
  auto following = follow(one(), "a", before);
  for (int i = 0; i < 3; ++i) {
    following.reset();
    following = one().follow("a", after);
  }
  EXPECT_TRUE(world_.run_until([&] { return after.following == 1; }));
  EXPECT_EQ(publish(two(), "a", "x").value(), 1u);
  EXPECT_TRUE(world_.run_until([&] { return after.frames.size() == 1; }));
  EXPECT_TRUE(before.frames.empty());
}

TEST_P(BusContract, AChannelLeftInsideItsOwnCallMayBeFollowedThere) {
  Heard before, after;
  auto following = follow(one(), "a", before);
  before.then = [&] {
    following.reset();
    following = one().follow("a", after);
  };
  ASSERT_TRUE(publish(two(), "a", "x"));
  EXPECT_TRUE(world_.run_until([&] { return after.following == 1; }));
  ASSERT_TRUE(publish(two(), "a", "y"));
  EXPECT_TRUE(world_.run_until([&] { return after.frames.size() == 1; }));
  EXPECT_EQ(after.frames[0], "y");
}

TEST_P(BusContract, NobodyFollowsAnyMoreOnceAllLeft) {
  Heard heard;
  follow(one(), "a", heard).reset();
  EXPECT_TRUE(world_.run_until([&] { return publish(one(), "a", "x").value() == 0; }));
}

TEST_P(BusContract, TheGreatestFrameArrivesAndAGreaterOneIsRefused) {
  Heard heard;
  const auto following = follow(two(), "a", heard);
  const auto refused = publish(one(), "a", std::string(bus::frame_bytes_max + 1, 'x'));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, base::Fault::too_large);
  ASSERT_TRUE(publish(one(), "a", std::string(bus::frame_bytes_max, 'x')));
  EXPECT_TRUE(world_.run_until([&] { return heard.frames.size() == 1; }));
  EXPECT_EQ(heard.frames[0].size(), bus::frame_bytes_max);
}

TEST_P(BusContract, ManyChannelsAreFollowedTogether) {
  constexpr std::size_t count = 1000;
  std::vector<Heard> heard(count);
  std::vector<std::unique_ptr<bus::Following>> followings;
  for (std::size_t i = 0; i < count; ++i) followings.push_back(two().follow(std::to_string(i), heard[i]));
  EXPECT_TRUE(world_.run_until(
      [&] { return std::all_of(heard.begin(), heard.end(), [](const Heard& h) { return h.following == 1; }); }));
  for (std::size_t i = 0; i < count; ++i) one().publish(std::to_string(i), std::to_string(i), {});
  EXPECT_TRUE(world_.run_until(
      [&] { return std::all_of(heard.begin(), heard.end(), [](const Heard& h) { return h.frames.size() == 1; }); }));
  for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(heard[i].frames, std::vector{std::to_string(i)});
}

TEST_P(BusContract, AFollowingMayOutliveItsBus) {
  Heard heard;
  const auto following = follow(one(), "a", heard);
  one_.reset();
  EXPECT_EQ(heard.lost, 0);
}

INSTANTIATE_TEST_SUITE_P(, BusContract, ::testing::Values(Kind::memory, Kind::simulated, Kind::real), name_of);

}  // namespace
}  // namespace contract
