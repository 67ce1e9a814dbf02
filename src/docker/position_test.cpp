#include "docker/position.hpp"

#include <gtest/gtest.h>

#include <random>

namespace docker {
namespace {

Position some() {
  Position position;
  position.engine = engine_key("ENGI:NEID");
  position.container = *container_key(std::string(32, 'a') + std::string(32, '0'));
  position.marks = {Mark{1'700'000'000'123'456'789, 1}, Mark{1'700'000'000'000'000'000, 3}};
  position.head = LogStream::err;
  return position;
}

TEST(Position, SaysTheSameAfterBeingPrinted) {
  EXPECT_EQ(Position::parse(some().print()), some());
  EXPECT_EQ(Position::parse(Position{}.print()), Position{});
}

TEST(Position, IsShortAndFitForAUrl) {
  std::string text = some().print();
  EXPECT_EQ(text.size(), 61u);
  EXPECT_TRUE(text.starts_with("p1."));
  EXPECT_EQ(text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."), text.npos);
}

TEST(Position, OfAnyValueIsPrintedInOneWayOnly) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 2000; ++i) {
    Position position = some();
    position.engine = random();
    position.head = random() % 2 == 0 ? LogStream::out : LogStream::err;
    for (Mark& mark : position.marks)
      mark = {static_cast<std::int64_t>(random()), static_cast<std::uint32_t>(random() >> (random() % 64))};
    if (random() % 2 == 0) position.stepped_ns = position.mark(position.head).max_ns - 1;
    std::string text = position.print();
    ASSERT_LE(text.size(), 82u);
    ASSERT_EQ(Position::parse(text), position);
    std::string changed = text;
    changed[random() % text.size()] = "Aa0-_=+/. "[random() % 10];
    auto parsed = Position::parse(changed);
    ASSERT_TRUE(!parsed || parsed->print() == changed);
  }
}

TEST(Position, RefusesOtherTextsOfTheSameValue) {
  std::string text = some().print();
  EXPECT_FALSE(Position::parse(""));
  EXPECT_FALSE(Position::parse("p1."));
  EXPECT_FALSE(Position::parse("p2." + text.substr(3)));
  EXPECT_FALSE(Position::parse(text + "="));
  EXPECT_FALSE(Position::parse(text + "A"));
  EXPECT_FALSE(Position::parse(text.substr(0, text.size() - 1)));
  EXPECT_FALSE(Position::parse(std::string(10'000, 'A')));
}

TEST(Position, IsBehindWhereOneStreamIs) {
  Position a = some();
  Position b = a;
  EXPECT_FALSE(behind(a, b));
  EXPECT_TRUE(covers(a, b));
  b.mark(LogStream::err).count = 4;
  EXPECT_TRUE(behind(a, b));
  EXPECT_FALSE(behind(b, a));
  a.mark(LogStream::out).count = 2;
  EXPECT_TRUE(behind(a, b) && behind(b, a));
  Position both = merge(a, b);
  EXPECT_TRUE(covers(both, a) && covers(both, b));
  EXPECT_EQ(both.mark(LogStream::out).count, 2u);
  EXPECT_EQ(both.mark(LogStream::err).count, 4u);
}

TEST(Mark, CountsRecordsSinceTheRunningMaximum) {
  Mark mark;
  mark = mark.next(100);
  EXPECT_EQ(mark, (Mark{100, 1}));
  mark = mark.next(100);
  EXPECT_EQ(mark, (Mark{100, 2}));
  mark = mark.next(40);  // the clock went back
  EXPECT_EQ(mark, (Mark{100, 3}));
  EXPECT_EQ(mark.next(101), (Mark{101, 1}));
  EXPECT_LT((Mark{100, 0}), (Mark{100, 1}));
}

TEST(ContainerKey, TakesFullIdsOnly) {
  EXPECT_FALSE(container_key("abc"));
  EXPECT_FALSE(container_key(std::string(64, 'G')));
  EXPECT_EQ((*container_key("0f" + std::string(62, 'e')))[0], 0x0f);
}

}  // namespace
}  // namespace docker
