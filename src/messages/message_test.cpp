#include "messages/message.hpp"

#include <gtest/gtest.h>

namespace messages {
namespace {

const Message said{.position = {0xab, 7},
                   .time = net::WallTime(std::chrono::microseconds(1'700'000'000'000'001)),
                   .message_id = "id",
                   .from = "alice",
                   .data = R"({"text":"hi\n"})"};

std::optional<Undecodable> refused(std::string_view bytes) {
  Undecodable why{};
  return decode(bytes, why) ? std::nullopt : std::optional(why);
}

TEST(Position, IsPrintedAndReadBack) {
  EXPECT_EQ((Position{0xab, 7}.print()), "00000000000000ab:7");
  for (const Position position : {Position{}, Position{~0ull, ~0ull}, Position{1, 0}})
    EXPECT_EQ(Position::parse(position.print()), position);
}

TEST(Position, NothingElseIsOne) {
  for (const char* text : {"", ":", "ab:7", "00000000000000ab", "00000000000000ab:", "00000000000000AB:7",
                           "00000000000000ab:07", "00000000000000ab:+7", "00000000000000ab:7 ", "0x000000000000ab:7",
                           "00000000000000ab:18446744073709551616", "00000000000000ab 7", "p1.abcdefghijklm:7"})
    EXPECT_FALSE(Position::parse(text)) << text;
}

TEST(Message, GoesOverTheBusWhole) {
  const std::string bytes = encode(said);
  EXPECT_TRUE(bytes.starts_with("m1 00000000000000ab 7 1700000000000001\n")) << bytes;
  Undecodable why{};
  const auto frame = decode(bytes, why);
  ASSERT_TRUE(frame);
  EXPECT_FALSE(frame->tip);
  EXPECT_EQ(frame->message.position, said.position);
  EXPECT_EQ(frame->message.time, said.time);
  EXPECT_EQ(frame->message.message_id, "id");
  EXPECT_EQ(frame->message.from, "alice");
  EXPECT_EQ(frame->message.data, said.data);
}

TEST(Message, ATipHasAPositionAlone) {
  Undecodable why{};
  const auto frame = decode(encode_tip({0xab, 7}), why);
  ASSERT_TRUE(frame);
  EXPECT_TRUE(frame->tip);
  EXPECT_EQ(frame->message.position, (Position{0xab, 7}));
}

TEST(Message, WhatIsCutIsMalformedWhereverTheCutIs) {
  for (const std::string& whole : {encode(said), encode_tip(said.position)}) {
    for (std::size_t size = 0; size < whole.size(); ++size)
      EXPECT_EQ(refused(std::string_view(whole).substr(0, size)), Undecodable::malformed) << size;
    EXPECT_EQ(refused(whole + "x"), Undecodable::malformed);
  }
}

TEST(Message, WhatIsOddIsMalformedAndAnotherVersionIsKnownAsThat) {
  for (const char* text : {"m1 00000000000000ab:7 1\n", "m1 00000000000000ab 07 1\n", "m1 00000000000000ab 7 -1\n",
                           "m1 00000000000000ab 7 99999999999999999\n", "{\"type\":\"message\"}", "m 1\n", "mx 1\n"})
    EXPECT_EQ(refused(text + body_of("", "", "")), Undecodable::malformed) << text;
  for (const char* text : {"m2 whatever", "t2 ", "m10 1"}) EXPECT_EQ(refused(text), Undecodable::version) << text;
}

}  // namespace
}  // namespace messages
