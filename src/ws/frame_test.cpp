#include "ws/frame.hpp"

#include <gtest/gtest.h>

namespace ws {
namespace {

std::string framed(std::string_view payload) {
  std::string out;
  append_text_frame(out, payload);
  return out;
}

TEST(Frame, ChoosesTheShortestLength) {
  EXPECT_EQ(framed("Hello"), "\x81\x05Hello");
  EXPECT_EQ(framed(std::string(125, 'a')).substr(0, 2), "\x81\x7d");
  EXPECT_EQ(framed(std::string(126, 'a')).substr(0, 4), std::string("\x81\x7e\x00\x7e", 4));
  EXPECT_EQ(framed(std::string(65535, 'a')).substr(0, 4), "\x81\x7e\xff\xff");
  EXPECT_EQ(framed(std::string(65536, 'a')).substr(0, 10), std::string("\x81\x7f\0\0\0\0\0\x01\0\0", 10));
}

TEST(Frame, TellsTheSizeOfAHeaderBeforeItIsWritten) {
  char header[header_bytes_max];
  for (const std::uint64_t size : {0ULL, 125ULL, 126ULL, 65535ULL, 65536ULL, 1ULL << 40}) {
    EXPECT_EQ(write_header(header, Opcode::text, size), header_bytes(size));
  }
}

TEST(Frame, CutsALongReasonBetweenTwoCharacters) {
  std::string out;
  append_close_frame(out, 1011, std::string(122, 'a') + "\xc3\xbc");
  EXPECT_EQ(out, "\x88\x7c\x03\xf3" + std::string(122, 'a'));
  out.clear();
  append_close_frame(out, 0, "ignored");
  EXPECT_EQ(out, std::string("\x88\x00", 2));
}

TEST(Frame, MasksAlikeFromAnyOffset) {
  const MaskKey key = {'a', 'b', 'c', 'd'};
  std::string whole(64, 'x');
  apply_mask(whole, key, 0);
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    std::string pieces(64, 'x');
    apply_mask(std::span(pieces).first(cut), key, 0);
    apply_mask(std::span(pieces).subspan(cut), key, cut);
    EXPECT_EQ(pieces, whole) << cut;
  }
}

}  // namespace
}  // namespace ws
