#include <gtest/gtest.h>

#include "base/callback.hpp"
#include "base/log.hpp"
#include "base/result.hpp"

namespace base {
namespace {

TEST(Result, CarriesTheFaultAndTheMessage) {
  Result<int> good = 3;
  Result<int> bad = Error{Fault::not_found, "No such container: web"};
  EXPECT_EQ(good.value(), 3);
  EXPECT_EQ(bad.error().fault, Fault::not_found);
}

TEST(Callback, MovesWhatItCaptured) {
  auto owned = std::make_unique<int>(4);
  Callback<int(int)> add = [owned = std::move(owned)](int more) { return *owned + more; };
  Callback<int(int)> moved = std::move(add);
  EXPECT_EQ(moved(2), 6);
  EXPECT_FALSE(add);
}

TEST(Log, EscapesWhatWouldMoveACursorOrStartALine) {
  EXPECT_EQ(log::escaped("a\x1b[31m\nb"), "a\\x1b[31m\\x0ab");
  EXPECT_EQ(log::escaped("\xc2\x9b[31m"), "\\xc2\\x9b[31m") << "CSI in one character";
  EXPECT_EQ(log::escaped("abcdef", 3), "abc…");
}

TEST(Log, EscapesWhatIsNotUtf8AndWhatWouldTurnOrHideTheTextBesideIt) {
  EXPECT_EQ(log::escaped("\x9b[31m \xff"), "\\x9b[31m \\xff");
  EXPECT_EQ(log::escaped("a\u202eb\u2028c\u200bd"), "a\\xe2\\x80\\xaeb\\xe2\\x80\\xa8c\\xe2\\x80\\x8bd");
  EXPECT_EQ(log::escaped("ünïcödé €"), "ünïcödé €");
  EXPECT_EQ(log::escaped("\xe2\x82"), "\\xe2\\x82") << "cut off";
}

}  // namespace
}  // namespace base
