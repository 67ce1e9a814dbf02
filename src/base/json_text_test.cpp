#include "base/json_text.hpp"

#include <gtest/gtest.h>

namespace base {
namespace {

TEST(JsonText, LeavesPlainTextAndValidUtf8Alone) {
  EXPECT_EQ(json_string("a ü € 😀 z"), "\"a ü € 😀 z\"");
  EXPECT_EQ(json_string(""), "\"\"");
}

TEST(JsonText, EscapesWhatJsonForbids) {
  EXPECT_EQ(json_string(std::string_view("\"\\\n\r\t\0\x1b\x7f", 8)), R"("\"\\\n\r\t\u0000\u001b\u007f")");
}

TEST(JsonText, ReplacesEachByteThatIsNotUtf8) {
  const std::string bad = "\xef\xbf\xbd";
  EXPECT_EQ(json_string("a\xff\xfez"), "\"a" + bad + bad + "z\"");
  EXPECT_EQ(json_string("\xc3"), "\"" + bad + "\"");                                // cut at the end
  EXPECT_EQ(json_string("\xc0\xaf"), "\"" + bad + bad + "\"");                      // overlong
  EXPECT_EQ(json_string("\xed\xa0\x80"), "\"" + bad + bad + bad + "\"");            // surrogate
  EXPECT_EQ(json_string("\xf4\x90\x80\x80"), "\"" + bad + bad + bad + bad + "\"");  // too large
  EXPECT_EQ(json_string("\xe2\x82x"), "\"" + bad + bad + "x\"");                    // a character broken off
}

}  // namespace
}  // namespace base
