#include "base/utf8.hpp"

#include <gtest/gtest.h>

#include <string>

namespace base {
namespace {

TEST(Utf8, TakesTheBordersOfEveryLength) {
  for (const char* text :
       {"", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
        "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "eight bytes and \xe2\x82\xac more"}) {
    EXPECT_TRUE(is_utf8(text)) << testing::PrintToString(text);
  }
  EXPECT_TRUE(is_utf8(std::string(1, '\0')));
}

TEST(Utf8, RefusesWhatLiesBehindThem) {
  for (const char* text :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80", "\xff", "\xc3", "\xe2\x82", "\xf0\x9f\x98", "\xc3\xc3", "\xe2\x82z", "12345678\xfe"}) {
    EXPECT_FALSE(is_utf8(text)) << testing::PrintToString(text);
  }
}

TEST(Utf8, AgreesWithTheTableForAllPairsOfBytes) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text = {static_cast<char>(first), static_cast<char>(second)};
      const bool both_ascii = first < 0x80 && second < 0x80;
      const bool one_character = first >= 0xc2 && first <= 0xdf && second >= 0x80 && second <= 0xbf;
      EXPECT_EQ(is_utf8(text), both_ascii || one_character) << first << " " << second;
    }
  }
}

TEST(Utf8, SaysTheSameWhereverTheTextIsSplit) {
  const std::string text = "plain ascii, gr\xc3\xbc\xc3\x9f, \xe2\x82\xac, \xf0\x9f\x98\x80 and the end";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    Utf8 judge;
    EXPECT_TRUE(judge.feed(std::string_view(text).substr(0, cut)));
    EXPECT_TRUE(judge.feed(std::string_view(text).substr(cut)));
    EXPECT_TRUE(judge.complete());
  }
}

TEST(Utf8, FailsAtTheFirstByteThatCannotBeRight) {
  Utf8 judge;
  EXPECT_TRUE(judge.feed("\xf4"));
  EXPECT_FALSE(judge.complete());
  EXPECT_FALSE(judge.feed("\x90"));
}

}  // namespace
}  // namespace base
