#include "redis/reply.hpp"

#include <gtest/gtest.h>

#include <array>

namespace redis {
namespace {

Reply read_one(std::string_view bytes) {
  ReplyReader reader(1 << 20);
  EXPECT_TRUE(reader.feed(bytes));
  return reader.next().value().value();
}

TEST(Reply, EveryKindIsRead) {
  EXPECT_EQ(read_one("+OK\r\n").text, "OK");
  EXPECT_EQ(read_one("+OK\r\n").kind, Reply::Kind::status);
  EXPECT_EQ(read_one("-ERR no\r\n").kind, Reply::Kind::error);
  EXPECT_EQ(read_one(":-42\r\n").integer, -42);
  EXPECT_EQ(read_one("$3\r\na\nb\r\n").text, "a\nb");
  EXPECT_EQ(read_one("$-1\r\n").kind, Reply::Kind::nil);
  EXPECT_EQ(read_one("*-1\r\n").kind, Reply::Kind::nil);
  EXPECT_EQ(read_one("*0\r\n").kind, Reply::Kind::array);
  const Reply nested = read_one("*3\r\n:1\r\n*2\r\n$1\r\nx\r\n$-1\r\n+y\r\n");
  ASSERT_EQ(nested.items.size(), 3u);
  EXPECT_EQ(nested.items[1].items[0].text, "x");
  EXPECT_EQ(nested.items[1].items[1].kind, Reply::Kind::nil);
  EXPECT_EQ(nested.items[2].text, "y");
}

TEST(Reply, ArrivesByteByByte) {
  const std::string_view bytes = "*2\r\n$5\r\nhello\r\n*1\r\n:7\r\n+OK\r\n";
  ReplyReader reader(64);
  std::vector<Reply> replies;
  for (const char& byte : bytes) {
    ASSERT_TRUE(reader.feed(std::string_view(&byte, 1)));
    while (auto reply = reader.next().value()) replies.push_back(std::move(*reply));
  }
  ASSERT_EQ(replies.size(), 2u);
  EXPECT_EQ(replies[0].items[0].text, "hello");
  EXPECT_EQ(replies[0].items[1].items[0].integer, 7);
  EXPECT_EQ(replies[1].text, "OK");
}

TEST(Reply, WhatIsNotRespEndsTheReading) {
  for (const char* bytes : {"hello\r\n", "*4294967295\r\n", "*100001\r\n", ":x\r\n", "$abc\r\n"}) {
    ReplyReader reader(1 << 20);
    ASSERT_TRUE(reader.feed(bytes));
    const auto reply = reader.next();
    ASSERT_FALSE(reply) << bytes;
    EXPECT_EQ(reply.error().fault, base::Fault::protocol);
  }
}

TEST(Reply, AnUnfinishedReplyIsBounded) {
  ReplyReader reader(100);
  ASSERT_TRUE(reader.feed("$1000000\r\n"));
  EXPECT_FALSE(reader.next().value());
  ASSERT_TRUE(reader.feed(std::string(80, 'x')));
  const auto more = reader.feed(std::string(80, 'x'));
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().fault, base::Fault::too_large);
}

TEST(Reply, CommandsAreArraysOfTexts) {
  std::string out;
  const std::array<std::string_view, 3> parts = {"SET", "key", "a\r\nb"};
  append_command(out, parts);
  EXPECT_EQ(out, "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$4\r\na\r\nb\r\n");
}

}  // namespace
}  // namespace redis
