#include "lease/value.hpp"

#include <gtest/gtest.h>

namespace lease {
namespace {

TEST(LeaseValue, SaysTheFenceOfItsHolder) {
  EXPECT_EQ(fence_of(owned_by("web-1", {1767225601483205, 3}) + "17"), (Fence{1767225601483205, 3}));
  for (const char* odd : {"", "web-1", "web-1|", "web-1|1", "web-1|1.", "web-1|1.2", "web-1|x.2|0", "web-1|1.x|0"})
    EXPECT_EQ(fence_of(odd), std::nullopt) << odd;
}

}  // namespace
}  // namespace lease
