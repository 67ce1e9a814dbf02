#include "app/log_sink.hpp"

#include <gtest/gtest.h>

namespace app {
namespace {

TEST(LogSink, WritesPairsAndQuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(text_line("Listening", {{"url", "http://h:1"}, {"port", 1}, {"why", "a \"b\""}, {"none", ""}}),
            "Listening url=http://h:1 port=1 why=\"a \\\"b\\\"\" none=\"\"");
}

TEST(LogSink, NothingThatWasLoggedReachesTheTerminalAsControl) {
  EXPECT_EQ(text_line("x\ny", {{"name", "\x1b[2Jz\r\n"}}), "x\\x0ay name=\\x1b[2Jz\\x0d\\x0a");
}

TEST(LogSink, HasABudgetOfLinesAndSaysHowManyWereLeftOut) {
  LineBudget budget;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(budget.take()) << "before the first refill";
  EXPECT_EQ(budget.refill(3), 0U);
  int written = 0;
  for (int i = 0; i < 10; ++i) written += budget.take();
  EXPECT_EQ(written, 3);
  EXPECT_EQ(budget.refill(3), 7U);
  EXPECT_TRUE(budget.take());
  EXPECT_EQ(budget.refill(3), 0U);
}

TEST(LogSink, WritesJsonMembers) {
  EXPECT_EQ(json_members("a \"b\"", {{"n", 1}, {"t", "x\n"}}), R"("message":"a \"b\"","n":"1","t":"x\\x0a")");
}

}  // namespace
}  // namespace app
