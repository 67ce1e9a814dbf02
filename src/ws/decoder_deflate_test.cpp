// Deflated messages in frames (RFC 7692, section 6).
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ws/decoder.hpp"
#include "ws/deflate.hpp"

namespace ws {
namespace {

using Kind = Event::Kind;

constexpr MaskKey key = {'\x11', '\x22', '\x33', '\x44'};
constexpr char rsv1 = 0x40;

std::string frame(Opcode opcode, std::string_view payload, bool last = true, char reserved = 0) {
  std::string out;
  append_masked_frame(out, opcode, payload, key, last);
  out[0] = static_cast<char>(out[0] | reserved);
  return out;
}
std::string deflated(std::string_view text) {
  std::string out;
  Deflater().deflate(out, text);
  return out;
}
std::string whole(Opcode opcode, std::string_view text) { return frame(opcode, deflated(text), true, rsv1); }

// In pieces of that size: each event as kind and text, or the code of a fault.
std::string decode(const std::string& stream, std::size_t piece, std::size_t message_bytes_max = 100'000) {
  Inflater inflater;
  const Rules rules{.message_bytes_max = message_bytes_max, .inflater = &inflater};
  Decoder decoder;
  std::string said;
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    std::string bytes = stream.substr(at, piece);
    std::span<char> rest(bytes);
    for (Event event; (event = decoder.next(rest, rules)).kind != Kind::none;) {
      said += event.kind == Kind::text     ? "text "
              : event.kind == Kind::binary ? "binary "
              : event.kind == Kind::ping   ? "ping "
                                           : "";
      said += event.kind == Kind::fault ? std::to_string(event.code) : std::string(event.text);
      said += '\n';
    }
  }
  return said;
}
std::string decode(const std::string& stream) {
  const std::string at_once = decode(stream, stream.size());
  for (const std::size_t piece : {1U, 2U, 7U}) EXPECT_EQ(decode(stream, piece), at_once);
  return at_once;
}

TEST(DecoderDeflate, GivesTheTextOfADeflatedMessage) {
  EXPECT_EQ(decode(whole(Opcode::text, "hello") + whole(Opcode::binary, "\x80") + whole(Opcode::text, "")),
            "text hello\nbinary \x80\ntext \n");
  EXPECT_EQ(decode(frame(Opcode::text, "plain") + whole(Opcode::text, "deflated") + frame(Opcode::text, "plain")),
            "text plain\ntext deflated\ntext plain\n");
}

TEST(DecoderDeflate, FragmentsAreOneDeflatedMessage) {
  const std::string payload = deflated("fragments of a message");
  for (std::size_t cut = 0; cut <= payload.size(); ++cut) {
    const std::string stream = frame(Opcode::text, payload.substr(0, cut), false, rsv1) + frame(Opcode::ping, "p") +
                               frame(Opcode::continuation, payload.substr(cut));
    EXPECT_EQ(decode(stream), "ping p\ntext fragments of a message\n");
  }
}

TEST(DecoderDeflate, OnlyTheFirstFrameOfAMessageSaysSo) {
  EXPECT_EQ(decode(frame(Opcode::text, deflated("a"), false, rsv1) + frame(Opcode::continuation, "", true, rsv1)),
            "1002\n");
  EXPECT_EQ(decode(frame(Opcode::ping, "", true, rsv1)), "1002\n");
  EXPECT_EQ(decode(frame(Opcode::close, "", true, rsv1)), "1002\n");
  EXPECT_EQ(decode(frame(Opcode::text, deflated("a"), true, 0x60)), "1002\n");
  EXPECT_EQ(decode(frame(Opcode::text, deflated("a"), true, 0x10)), "1002\n");
}

TEST(DecoderDeflate, WhatIsNotAgreedOnIsAReservedBit) {
  Decoder decoder;
  std::string bytes = whole(Opcode::text, "a");
  std::span<char> rest(bytes);
  const Event event = decoder.next(rest, {});
  EXPECT_EQ(event.kind, Kind::fault);
  EXPECT_EQ(event.code, 1002);
}

TEST(DecoderDeflate, TextIsJudgedWhenItIsInflated) {
  EXPECT_EQ(decode(whole(Opcode::text, "\xce\xba")), "text \xce\xba\n");
  EXPECT_EQ(decode(whole(Opcode::text, "\xce")), "1007\n");
  EXPECT_EQ(decode(whole(Opcode::binary, "\xce")), "binary \xce\n");
  EXPECT_EQ(decode(frame(Opcode::text, "\x07", true, rsv1)), "1007\n") << "corrupt";
}

TEST(DecoderDeflate, ABombEndsAtTheBound) {
  const std::string bomb = whole(Opcode::text, std::string(10'000'000, '0'));
  EXPECT_EQ(decode(bomb, bomb.size()), "1009\n");
  EXPECT_EQ(decode(whole(Opcode::text, std::string(1000, '0')), 100, 1000).size(), 1000U + 6);
  EXPECT_EQ(decode(whole(Opcode::text, std::string(1001, '0')), 100, 1000), "1009\n");
  EXPECT_EQ(decode(frame(Opcode::text, std::string(1001, '0'), true, rsv1), 100, 1000), "1009\n") << "deflated as well";
}

TEST(DecoderDeflate, AMessageThatInflatesTooManyTimesIsStoppedUnlessItIsShort) {
  const auto decode_one = [](std::size_t bytes, std::uint32_t inflation_max) {
    Inflater inflater;
    const Rules rules{.message_bytes_max = 1'000'000, .inflater = &inflater, .inflation_max = inflation_max};
    std::string stream = whole(Opcode::text, std::string(bytes, '0'));
    std::span<char> rest(stream);
    return Decoder().next(rest, rules);
  };
  EXPECT_EQ(decode_one(100'000, 50).code, 1009);
  EXPECT_EQ(decode_one(100'000, 50).bound, Event::Bound::inflation);
  EXPECT_EQ(decode_one(100'000, 0).kind, Kind::text) << "any";
  EXPECT_EQ(decode_one(4096, 2).kind, Kind::text) << "short";
  EXPECT_EQ(decode_one(4097, 2).bound, Event::Bound::inflation);
  EXPECT_EQ(decode_one(1'000'001, 2000).bound, Event::Bound::bytes);
}

}  // namespace
}  // namespace ws
