#include "docker/event_positions.hpp"

#include <gtest/gtest.h>

namespace docker {
namespace {

TEST(EventPositions, of_one_Engine_are_its_position) {
  const EventPosition place{0xab, 1'700'000'000'000'000'001, 3};
  EXPECT_EQ(EventPositions::parse(place.print()), EventPositions{{place}});
  EXPECT_EQ(EventPositions{{place}}.print(), place.print());
}

TEST(EventPositions, of_several_are_printed_and_read_in_any_order) {
  EventPositions all;
  all.set({9, 5, 1});
  all.set({2, 7, 4});
  all.set({9, 6, 2});
  EXPECT_EQ(all.print(), "e1.2.7.4_9.6.2");
  EXPECT_EQ(EventPositions::parse("e1.9.6.2_2.7.4"), all);
  ASSERT_NE(all.of(9), nullptr);
  EXPECT_EQ(all.of(9)->count, 2U);
  EXPECT_EQ(all.of(3), nullptr);
}

TEST(EventPositions, what_is_none_is_refused) {
  for (const char* text :
       {"", "e1.", "e1.2.7", "e1.2.7.4_", "e1._2.7.4", "e1.2.7.4_2.8.1", "e1.2.7.4,9.6.2", "p1.2.7.4"})
    EXPECT_FALSE(EventPositions::parse(text)) << text;
  std::string many = "e1.0.1.1";
  for (int i = 1; i < 64; ++i) many += "_" + std::to_string(i) + ".1.1";
  EXPECT_TRUE(EventPositions::parse(many));
  EXPECT_FALSE(EventPositions::parse(many + "_ff.1.1"));
}

}  // namespace
}  // namespace docker
