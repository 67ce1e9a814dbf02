#include "ws/deflate.hpp"

#include <gtest/gtest.h>

#include <random>

namespace ws {
namespace {

using Outcome = Inflater::Outcome;

std::string bytes(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) out += static_cast<char>(value);
  return out;
}
std::string deflated(std::string_view text, int window_bits = 15) {
  std::string out;
  Deflater(window_bits).deflate(out, text);
  return out;
}
struct Inflated {
  Outcome outcome;
  std::string text;
};
Inflated inflated(std::string_view payload, std::size_t bytes_max = 1 << 20) {
  Inflated result;
  result.outcome = Inflater().inflate(result.text, payload, bytes_max);
  return result;
}
std::string noise(std::size_t size) {
  std::mt19937 random(1);
  std::string text(size, ' ');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

// RFC 7692, 7.2.3
TEST(Deflate, ReadsTheExamplesOfTheRfc) {
  const std::string examples[] = {
      bytes({0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00}),
      bytes({0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00}),              // not compressed
      bytes({0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00}),                                // with a last block
      bytes({0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00}),  // two blocks
  };
  for (const std::string& example : examples) {
    const Inflated result = inflated(example);
    EXPECT_EQ(result.outcome, Outcome::done);
    EXPECT_EQ(result.text, "Hello");
  }
  EXPECT_EQ(deflated("Hello"), examples[0]);
  EXPECT_EQ(deflated(""), bytes({0x00}));  // 7.2.3.6
  EXPECT_EQ(inflated(bytes({0x00})).outcome, Outcome::done);
}

TEST(Deflate, BringsBackWhatItWasGiven) {
  for (const std::size_t size : {1U, 100U, 16'384U, 16'385U, 300'000U}) {
    for (const std::string& text : {std::string(size, 'a'), noise(size)}) {
      for (const int window_bits : {9, 12, 15}) {
        const Inflated result = inflated(deflated(text, window_bits));
        EXPECT_EQ(result.outcome, Outcome::done);
        EXPECT_EQ(result.text == text, true) << size;
      }
    }
  }
}

TEST(Deflate, TakesNothingOverFromOneMessageToTheNext) {
  Deflater deflater;
  Inflater inflater;
  std::string first, second, text;
  deflater.deflate(first, "the same words");
  deflater.deflate(second, "the same words");
  EXPECT_EQ(first, second);
  EXPECT_EQ(inflater.inflate(text, bytes({0xff, 0xff}), 100), Outcome::corrupt);
  text.clear();
  EXPECT_EQ(inflater.inflate(text, second, 100), Outcome::done) << "a corrupt one before it does no harm";
  EXPECT_EQ(text, "the same words");
}

TEST(Deflate, StopsWithinABomb) {
  const std::string bomb = deflated(std::string(50'000'000, '0'));
  EXPECT_LT(bomb.size(), 250'000U);
  const Inflated result = inflated(bomb, 100'000);
  EXPECT_EQ(result.outcome, Outcome::too_long);
  EXPECT_LE(result.text.capacity(), 200'000U);
  EXPECT_EQ(inflated(deflated(std::string(100'000, '0')), 100'000).outcome, Outcome::done);
  EXPECT_EQ(inflated(deflated(std::string(100'001, '0')), 100'000).outcome, Outcome::too_long);
}

TEST(Deflate, KnowsWhatIsCorrupt) {
  const std::string good = deflated("some words, and some more words");
  for (std::size_t size = 0; size < good.size(); ++size) {
    const Inflated cut = inflated(std::string_view(good).substr(0, size));
    EXPECT_TRUE(cut.outcome == Outcome::corrupt || cut.text.size() < 31) << size;
  }
  EXPECT_EQ(inflated(bytes({0x07})).outcome, Outcome::corrupt);                          // a block of type 3
  EXPECT_EQ(inflated(bytes({0x00, 0x05, 0x00, 0x00, 0x00})).outcome, Outcome::corrupt);  // a length unlike its check
  EXPECT_EQ(inflated(std::string_view(good).substr(0, good.size() - 3)).outcome, Outcome::corrupt);
}

}  // namespace
}  // namespace ws
