#include "ws/decoder.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ws {
namespace {

using Kind = Event::Kind;

// What was said, apart from a fault's wording.
struct Said {
  Kind kind;
  std::uint16_t code;
  std::string text;
  bool operator==(const Said&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Said& said) {
  return out << static_cast<int>(said.kind) << "/" << said.code << "/" << testing::PrintToString(said.text);
}

void drain(Decoder& decoder, std::string& bytes, const Rules& rules, std::vector<Said>& said) {
  std::span<char> rest(bytes);
  for (Event event; (event = decoder.next(rest, rules)).kind != Kind::none;) {
    said.push_back({event.kind, event.code, event.kind == Kind::fault ? "" : std::string(event.text)});
  }
  EXPECT_TRUE(rest.empty());
}

// Feeds the stream in pieces of that size, and all at once for 0.
std::vector<Said> decode(const std::string& stream, Rules rules = {}, std::size_t piece = 0) {
  Decoder decoder;
  std::vector<Said> said;
  if (piece == 0) piece = std::max<std::size_t>(stream.size(), 1);
  for (std::size_t at = 0; at < stream.size(); at += piece) {
    std::string bytes = stream.substr(at, piece);
    drain(decoder, bytes, rules, said);
  }
  return said;
}

constexpr MaskKey key = {'\x11', '\x22', '\x33', '\x44'};

std::string frame(Opcode opcode, std::string_view payload, bool last = true) {
  std::string out;
  append_masked_frame(out, opcode, payload, key, last);
  return out;
}
std::string text(std::string_view payload) { return frame(Opcode::text, payload); }
std::string close_frame(std::uint16_t code, std::string_view reason = {}) {
  const char bytes[] = {static_cast<char>(code >> 8), static_cast<char>(code)};
  return frame(Opcode::close, std::string(bytes, 2).append(reason));
}
// Header bytes as given, no more.
std::string raw(std::initializer_list<int> bytes) {
  std::string out;
  for (const int byte : bytes) out += static_cast<char>(byte);
  return out;
}

TEST(Decoder, ReadsTheExampleOfTheRfc) {
  const std::string hello = raw({0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58});
  EXPECT_EQ(decode(hello), (std::vector<Said>{{Kind::text, 0, "Hello"}}));
}

TEST(Decoder, SaysTheSameHoweverTheStreamIsSplit) {
  const std::string long_text(300, 'x');
  const std::string huge_text(70'000, 'y');
  const std::string stream = text("first") + text("") + frame(Opcode::binary, std::string("\0\xff", 2)) +
                             frame(Opcode::text, "gr\xc3", false) + frame(Opcode::ping, "are you there") +
                             frame(Opcode::continuation, "", false) + frame(Opcode::pong, "") +
                             frame(Opcode::continuation, "\xbc\xc3\x9f") + text(long_text) + text(huge_text) +
                             close_frame(1000, "gr\xc3\xbc\xc3\x9f");
  const std::vector<Said> expected = {
      {Kind::text, 0, "first"},         {Kind::text, 0, ""},        {Kind::binary, 0, std::string("\0\xff", 2)},
      {Kind::ping, 0, "are you there"}, {Kind::pong, 0, ""},        {Kind::text, 0, "gr\xc3\xbc\xc3\x9f"},
      {Kind::text, 0, long_text},       {Kind::text, 0, huge_text}, {Kind::close, 1000, "gr\xc3\xbc\xc3\x9f"}};
  const Rules rules{.message_bytes_max = 100'000};
  for (const std::size_t piece : {0, 1, 2, 3, 5, 7, 13, 64, 1000, 4096}) {
    EXPECT_EQ(decode(stream, rules, piece), expected) << "pieces of " << piece;
  }
  const std::string short_stream = stream.substr(0, stream.size() - 70'014 - 20);
  for (std::size_t cut = 0; cut <= short_stream.size(); ++cut) {
    Decoder decoder;
    std::vector<Said> said;
    std::string front = short_stream.substr(0, cut), back = short_stream.substr(cut);
    drain(decoder, front, rules, said);
    drain(decoder, back, rules, said);
    EXPECT_EQ(said, decode(short_stream, rules)) << "cut at " << cut;
  }
}

struct Wrong {
  const char* what;
  std::string stream;
  std::uint16_t code;
};

class Faults : public testing::TestWithParam<Wrong> {};

TEST_P(Faults, AreFoundWithTheRightCodeWhateverTheSplit) {
  const Rules rules{.message_bytes_max = 1000, .fragments_max = 5};
  for (const std::size_t piece : {0, 1, 2}) {
    const auto said = decode(GetParam().stream + text("never heard"), rules, piece);
    ASSERT_FALSE(said.empty());
    EXPECT_EQ(said.back(), (Said{Kind::fault, GetParam().code, ""}));
  }
  // As early as possible: the fault shows without a byte more than the case holds.
  EXPECT_EQ(decode(GetParam().stream, rules, 1).back().kind, Kind::fault);
}

std::string fragments(int count, std::string_view each) {
  std::string out = frame(Opcode::text, each, false);
  for (int i = 1; i < count; ++i) out += frame(Opcode::continuation, each, false);
  return out;
}

const Wrong wrongs[] = {
    {"an unmasked frame", raw({0x81, 0x05}), 1002},
    {"RSV1", raw({0xc1}), 1002},
    {"RSV2", raw({0xa1}), 1002},
    {"RSV3", raw({0x91}), 1002},
    {"RSV1 on a ping", raw({0xc9}), 1002},
    {"opcode 3", raw({0x83}), 1002},
    {"opcode 7", raw({0x87}), 1002},
    {"opcode 11", raw({0x8b}), 1002},
    {"opcode 15", raw({0x8f}), 1002},
    {"a ping of 126 bytes", raw({0x89, 0xfe}), 1002},
    {"a close of 127 bytes", raw({0x88, 0xff}), 1002},
    {"a fragmented ping", raw({0x09}), 1002},
    {"a fragmented close", raw({0x08}), 1002},
    {"a continuation of nothing", raw({0x80}), 1002},
    {"a continuation after a whole message", text("whole") + raw({0x80}), 1002},
    {"a text within a fragmented message", frame(Opcode::text, "a", false) + raw({0x81}), 1002},
    {"a binary within a fragmented message", frame(Opcode::text, "a", false) + raw({0x82}), 1002},
    {"125 as two bytes", raw({0x81, 0xfe, 0, 125}), 1002},
    {"0 as two bytes", raw({0x82, 0xfe, 0, 0}), 1002},
    {"65535 as eight bytes", raw({0x81, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff}), 1002},
    {"2^63", raw({0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0}), 1009},
    {"2^64-1", raw({0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}), 1009},
    {"4 GiB", raw({0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0}), 1009},
    {"one byte over the limit", raw({0x81, 0xfe, 0x03, 0xe9}), 1009},
    {"fragments over the limit", frame(Opcode::text, std::string(600, 'a'), false) + raw({0x80, 0xfe, 0x01, 0x91}),
     1009},
    {"too many fragments", fragments(5, "") + raw({0x00, 0x80}), 1009},
    {"a lone continuation byte", text("\x80"), 1007},
    {"an overlong slash", text("\xc0\xaf"), 1007},
    {"a surrogate", text("\xed\xa0\x80"), 1007},
    {"above U+10FFFF", text("\xf4\x90\x80\x80"), 1007},
    {"a message that ends within a character", text("\xe2\x82"), 1007},
    {"fragments that end within a character", frame(Opcode::text, "\xe2", false) + frame(Opcode::continuation, "\x82"),
     1007},
    {"a bad byte in the second fragment", frame(Opcode::text, "\xe2", false) + frame(Opcode::continuation, "a", false),
     1007},
    {"a bad byte long before the frame's end", text(std::string("\xff") + std::string(500, 'a')).substr(0, 9), 1007},
    {"a close of one byte", frame(Opcode::close, "\x03"), 1002},
    {"a close reason that is not UTF-8", close_frame(1000, "\xc3"), 1007},
    {"a close reason of Latin-1", close_frame(1000, "gr\xfc\xdf"), 1007},
    {"close code 0", close_frame(0), 1002},
    {"close code 999", close_frame(999), 1002},
    {"close code 1004", close_frame(1004), 1002},
    {"close code 1005", close_frame(1005), 1002},
    {"close code 1006", close_frame(1006), 1002},
    {"close code 1015", close_frame(1015), 1002},
    {"close code 1016", close_frame(1016), 1002},
    {"close code 2999", close_frame(2999), 1002},
    {"close code 5000", close_frame(5000), 1002},
    {"close code 65535", close_frame(65535), 1002},
};
INSTANTIATE_TEST_SUITE_P(Rfc6455, Faults, testing::ValuesIn(wrongs), [](const auto& named) {
  std::string name;
  for (const char c : std::string(named.param.what)) name += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
});

TEST(Decoder, TakesEveryCloseCodeThatMayStandInAFrame) {
  for (const int code :
       {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4153, 4999}) {
    const auto wide = static_cast<std::uint16_t>(code);
    EXPECT_EQ(decode(close_frame(wide)), (std::vector<Said>{{Kind::close, wide, ""}}));
  }
  EXPECT_EQ(decode(frame(Opcode::close, "")), (std::vector<Said>{{Kind::close, 1005, ""}}));
}

TEST(Decoder, HearsNothingBehindAClose) {
  EXPECT_EQ(decode(close_frame(1000) + text("late")).size(), 1U);
  EXPECT_EQ(decode(close_frame(1000) + raw({0xff, 0xff}), {}, 1).size(), 1U);
}

TEST(Decoder, TakesAMessageOfExactlyTheLimitInOneFrameAndInFragments) {
  const Rules rules{.message_bytes_max = 1000, .fragments_max = 3};
  const std::string half(500, 'h');
  EXPECT_EQ(decode(text(half + half), rules).front().text, half + half);
  const std::string stream =
      frame(Opcode::text, half, false) + frame(Opcode::continuation, half, false) + frame(Opcode::continuation, "");
  EXPECT_EQ(decode(stream, rules).front().text, half + half);
}

TEST(Decoder, OwnsNothingBetweenMessages) {
  Decoder decoder;
  std::vector<Said> said;
  const auto feed = [&](std::string bytes) { drain(decoder, bytes, {}, said); };
  const std::string whole = text("hello");
  feed(whole);
  EXPECT_FALSE(decoder.unfinished());
  feed(whole.substr(0, 1));
  EXPECT_TRUE(decoder.unfinished());
  feed(whole.substr(1));
  EXPECT_FALSE(decoder.unfinished());
  feed(frame(Opcode::text, "a", false));
  EXPECT_TRUE(decoder.unfinished());
  feed(frame(Opcode::ping, ""));
  EXPECT_TRUE(decoder.unfinished());
  feed(frame(Opcode::continuation, "b"));
  EXPECT_FALSE(decoder.unfinished());
  EXPECT_EQ(said.back(), (Said{Kind::text, 0, "ab"}));
}

TEST(Decoder, AnswersTenThousandFramesOfOneSegmentInOrder) {
  std::string stream;
  for (int i = 0; i < 10'000; ++i) stream += frame(Opcode::ping, std::to_string(i));
  const auto said = decode(stream);
  ASSERT_EQ(said.size(), 10'000U);
  for (int i = 0; i < 10'000; ++i) EXPECT_EQ(said[static_cast<std::size_t>(i)].text, std::to_string(i));
}

TEST(Decoder, ReadsAsAClientWhatAServerSends) {
  std::string stream;
  append_text_frame(stream, "to the client");
  append_close_frame(stream, 4200, R"({"ms":8421})");
  const Rules rules{.masked = false};
  for (const std::size_t piece : {0, 1}) {
    EXPECT_EQ(decode(stream, rules, piece),
              (std::vector<Said>{{Kind::text, 0, "to the client"}, {Kind::close, 4200, R"({"ms":8421})"}}));
  }
  EXPECT_EQ(decode(text("masked"), rules), (std::vector<Said>{{Kind::fault, 1002, ""}}));
}

}  // namespace
}  // namespace ws
