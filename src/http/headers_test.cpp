#include "http/headers.hpp"

#include <gtest/gtest.h>

#include "http/target.hpp"

namespace http {
namespace {

TEST(Headers, AreFoundWithoutRegardToCase) {
  const Headers headers = {{"Upgrade", "a"}, {"UPGRADE", "b"}};
  EXPECT_EQ(headers.get("upgrade"), "a");
  EXPECT_EQ(headers.count("uPgRaDe"), 2U);
  EXPECT_FALSE(headers.find("up"));
  EXPECT_EQ(headers.get("up"), "");
}

TEST(Headers, JoinListsOverTheirLines) {
  const Headers headers = {{"Connection", "keep-alive , Upgrade"}, {"connection", ",, x"}};
  EXPECT_EQ(headers.list("Connection"), (std::vector<std::string_view>{"keep-alive", "Upgrade", "x"}));
  EXPECT_TRUE(headers.lists("Connection", "upgrade"));
  EXPECT_TRUE(headers.lists("Connection", "X"));
  EXPECT_FALSE(headers.lists("Connection", "up"));
  EXPECT_FALSE(headers.lists("Nothing", ""));
}

TEST(Target, KeepsWhatIsEncodedInOneSegmentTogether) {
  const auto target = parse_target("/ws/channels/app%3Ax%2Fy?tail=all&&flag&empty=&=v&a=b=c");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/ws/channels/app:x/y");
  EXPECT_EQ(target->parameter("tail"), "all");
  EXPECT_EQ(target->parameter("flag"), "");
  EXPECT_EQ(target->parameter("empty"), "");
  EXPECT_EQ(target->parameter("a"), "b=c");
  EXPECT_EQ(target->parameter("nothing"), std::nullopt);
}

TEST(Target, IsDecodedOnce) {
  EXPECT_EQ(parse_target("/%252e%252e/x")->path, "/%2e%2e/x");
  EXPECT_EQ(parse_target("/a..b/...")->path, "/a..b/...");
  EXPECT_EQ(parse_target("//")->path, "//");
  EXPECT_EQ(parse_target("/+")->path, "/+");
}

TEST(Target, EncodesWhatItDecodes) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  EXPECT_EQ(percent_decoded(percent_encoded(all)), all);
  EXPECT_EQ(percent_encoded("a b/\xc3\xbc~"), "a%20b%2F%C3%BC~");
}

}  // namespace
}  // namespace http
