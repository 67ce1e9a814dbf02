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
  EXPECT_EQ(log::escaped("\xc2\x9b"
                         "31m"),
            "\\xc2\x9b"
            "31m");
  EXPECT_EQ(log::escaped("abcdef", 3), "abc…");
}

}  // namespace
}  // namespace base
