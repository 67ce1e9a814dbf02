#include "messages/rules.hpp"

#include <gtest/gtest.h>

namespace messages {
namespace {

using namespace std::chrono_literals;

TEST(MessageRules, AreReadAsTheyAreWritten) {
  const auto rule = Rules::parse("chat:*=5000/24h/16KiB");
  ASSERT_TRUE(rule);
  EXPECT_EQ(rule->pattern, "chat:*");
  EXPECT_EQ(rule->limits.messages, 5000u);
  EXPECT_EQ(rule->limits.age, 24h);
  EXPECT_EQ(rule->message_bytes, 16u << 10);
  EXPECT_EQ(Rules::parse("*=10/90s")->message_bytes, Rule().message_bytes);
  for (const char* odd :
       {"", "chat", "=1/1h", "chat=1", "chat=0/1h", "chat=1/0s", "chat=x/1h", "chat=1/1w", "chat=1/1h/",
        "chat=1/1h/2MiB", "chat=2000000/1h", "chat=1/400d", "chat=1/1h/1KiB/2", "chat=-1/1h"})
    EXPECT_FALSE(Rules::parse(odd)) << odd;
}

TEST(MessageRules, TheFirstThatFitsHolds) {
  Rules rules;
  rules.add(*Rules::parse("chat:a=1/1h"));
  rules.add(*Rules::parse("chat:*=2/1h"));
  EXPECT_EQ(rules.of("app:chat:a").limits.messages, 1u);
  EXPECT_EQ(rules.of("app:chat:ab").limits.messages, 2u);
  EXPECT_EQ(rules.of("app:chat:").limits.messages, 2u);
  EXPECT_EQ(rules.of("app:news").limits.messages, Limits().messages);
}

}  // namespace
}  // namespace messages
