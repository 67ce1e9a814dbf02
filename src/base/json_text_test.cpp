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

// Long texts are looked at eight bytes at a time.
TEST(JsonText, IsTheSameWhereverInALongTextAByteStands) {
  const auto byte_by_byte = [](const std::string& text) {
    std::string out;
    for (const char each : text) append_json_text(out, {&each, 1});
    return out;
  };
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t at = 0; at < 20; ++at) {
      std::string text = "abcdefghijklmnopqrst";
      text[at] = static_cast<char>(byte);
      if (at > 0) text[at - 1] = '!';  // above the bytes that are escaped, and near them
      std::string out;
      append_json_text(out, text);
      EXPECT_EQ(out, byte_by_byte(text)) << byte << " at " << at;
    }
  }
}

}  // namespace
}  // namespace base
