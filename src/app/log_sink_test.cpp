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

TEST(LogSink, WritesJsonMembers) {
  EXPECT_EQ(json_members("a \"b\"", {{"n", 1}, {"t", "x\n"}}), R"("message":"a \"b\"","n":"1","t":"x\\x0a")");
}

}  // namespace
}  // namespace app
