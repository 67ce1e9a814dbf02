#include "feeds/lone_reading.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "net/sim_host.hpp"
#include "net/sim_world.hpp"

namespace feeds {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

struct LoneReadingTest : testing::Test {
  struct Channel {
    Channel(LoneReadingTest& test, std::string name_in, std::size_t followers)
        : name(std::move(name_in)),
          seat(
              test.lone, [followers] { return followers; },
              [this, &test] {
                test.turns.push_back(name + (seat.take() == LoneReading::Turn::follow ? " follows" : " reads"));
              }) {}
    std::string name;
    LoneReading::Seat seat;
  };

  net::SimWorld world{1};
  net::SimLoop& loop = world.host("here").make_loop();
  LoneReading lone{loop, {.reads_s = 10, .follows = 2}};
  std::vector<std::string> turns;
};

TEST_F(LoneReadingTest, ThoseWithTheMostFollowersFollowAndTheOthersAreReadInTurn) {
  std::deque<Channel> channels;
  for (const auto& [name, followers] : {std::pair{"a", 1U}, {"b", 5U}, {"c", 1U}, {"d", 9U}})
    channels.emplace_back(*this, name, followers);
  world.run_for(610ms);
  EXPECT_THAT(turns, ElementsAre("d follows", "b follows", "a reads", "c reads", "a reads", "c reads"));
}

TEST_F(LoneReadingTest, NoMoreBeginInASecondThanMay) {
  std::deque<Channel> channels;
  for (int i = 0; i < 100; ++i) channels.emplace_back(*this, std::to_string(i), 1U);
  world.run_for(5050ms);
  EXPECT_EQ(turns.size(), 50U);
}

TEST_F(LoneReadingTest, WhoGoesLeavesItsFollowToTheNext) {
  std::deque<Channel> channels;
  channels.emplace_back(*this, "a", 9U);
  channels.emplace_back(*this, "b", 8U);
  channels.emplace_back(*this, "c", 7U);
  world.run_for(210ms);
  channels.pop_front();
  world.run_for(100ms);
  EXPECT_THAT(turns, ElementsAre("a follows", "b follows", "c follows"));
}

TEST_F(LoneReadingTest, WhenAllFollowNothingTurnsAnyMore) {
  Channel alone(*this, "a", 1);
  world.run_for(10s);
  EXPECT_THAT(turns, ElementsAre("a follows"));
}

}  // namespace
}  // namespace feeds
