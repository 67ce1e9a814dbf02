#include "docker/log_lines.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace docker {
namespace {

struct Joined {
  std::string text;
  bool partial;
  Mark mark;
  bool operator==(const Joined&) const = default;
};

// Feeds records and keeps what comes out, marking them as a reader does.
class Joiner {
 public:
  explicit Joiner(bool tty = false) : lines_(tty) {}
  void take(std::int64_t time, const std::string& payload, LogStream stream = LogStream::out) {
    Mark& mark = marks_[index_of(stream)];
    mark = mark.next(time);
    lines_.take(LogRecord{stream, time, payload}, mark, [this](const Line& line) { keep(line); });
  }
  void flush() {
    lines_.flush(LogStream::out, [this](const Line& line) { keep(line); });
  }
  std::vector<Joined> all;
  LogLines lines_;

 private:
  void keep(const Line& line) { all.push_back({std::string(line.text), line.partial, line.mark}); }
  std::array<Mark, 2> marks_;
};

const std::string full_piece(piece_bytes, 'x');

TEST(LogLines, PassesShortLinesOn) {
  Joiner join;
  join.take(1, "one\n");
  join.take(2, "\n");
  join.take(3, "the last, without a newline");
  EXPECT_EQ(join.all,
            (std::vector<Joined>{
                {"one", false, {1, 1}}, {"", false, {2, 1}}, {"the last, without a newline", false, {3, 1}}}));
}

TEST(LogLines, JoinsPiecesAcrossRecordsOfTheOtherStream) {
  Joiner join;
  join.take(1, full_piece);
  join.take(5, "between\n", LogStream::err);
  join.take(1, full_piece + "\xef\xbf");
  EXPECT_TRUE(join.lines_.open(LogStream::out));
  join.take(1, "tail\n");
  EXPECT_EQ(join.all, (std::vector<Joined>{{"between", false, {5, 1}},
                                           {full_piece + full_piece +
                                                "\xef\xbf"
                                                "tail",
                                            false,
                                            {1, 3}}}));
}

TEST(LogLines, EndsALineOnTheLocalDriverOf20WithoutANewline) {
  Joiner join;
  join.take(1, full_piece);
  join.take(1, "tail");
  join.take(2, full_piece);
  join.take(2, "");  // exactly 16 KiB: the last piece is an empty record
  join.take(3, full_piece);
  join.take(4, "next\n");
  EXPECT_EQ(join.all, (std::vector<Joined>{{full_piece + "tail", false, {1, 2}},
                                           {full_piece, false, {2, 2}},
                                           {full_piece, false, {3, 1}},
                                           {"next", false, {4, 1}}}));
}

TEST(LogLines, RemovesTheCarriageReturnOfTerminalsOnly) {
  Joiner tty(true);
  tty.take(1, "a\r\n");
  tty.take(2, std::string(piece_bytes - 1, 'x') + "\r");
  tty.take(2, "\n");
  EXPECT_EQ(tty.all[0].text, "a");
  EXPECT_EQ(tty.all[1].text, std::string(piece_bytes - 1, 'x'));
  Joiner pipe;
  pipe.take(1, "a\r\n");
  EXPECT_EQ(pipe.all[0].text, "a\r");
}

TEST(LogLines, CutsEndlessLinesAtFixedPieceCounts) {
  Joiner join;
  for (int i = 0; i < 130; ++i) join.take(1, full_piece);
  join.take(1, "end\n");
  ASSERT_EQ(join.all.size(), 3u);
  EXPECT_EQ(join.all[0], (Joined{std::string(64 * piece_bytes, 'x'), true, {1, 64}}));
  EXPECT_EQ(join.all[1].mark, (Mark{1, 128}));
  EXPECT_TRUE(join.all[1].partial);
  EXPECT_EQ(join.all[2], (Joined{full_piece + full_piece + "end", false, {1, 131}}));

  Joiner from_the_middle;  // as a reader does that goes on behind the first part
  for (int i = 64; i < 130; ++i) from_the_middle.take(1, full_piece);
  from_the_middle.take(1, "end\n");
  ASSERT_EQ(from_the_middle.all.size(), 2u);
  EXPECT_EQ(from_the_middle.all[1].text, join.all[2].text);
}

TEST(LogLines, OfExactlyOnePartAreNotMarkedAsPartial) {
  Joiner join;
  for (int i = 0; i < 64; ++i) join.take(1, full_piece);
  join.take(2, "next\n");
  ASSERT_EQ(join.all.size(), 2u);
  EXPECT_FALSE(join.all[0].partial);
}

TEST(LogLines, GiveWhatIsHeldWhenTheRunIsOver) {
  Joiner join;
  join.take(1, full_piece);
  EXPECT_TRUE(join.all.empty());
  join.flush();
  join.flush();
  EXPECT_EQ(join.all, (std::vector<Joined>{{full_piece, false, {1, 1}}}));
}

Mark mark_at(std::int64_t time_ns) { return {time_ns, 1}; }

TEST(Standpoint, WhatAClientIsToldStaysBeforeALineUntilItsLastPart) {
  Standpoint at;
  at.take(LogStream::err, true, {1, 64}, 1);
  EXPECT_EQ(at.told, Position{});
  EXPECT_EQ(at.reached.mark(LogStream::err), (Mark{1, 64}));
  EXPECT_EQ(at.reached.head, LogStream::err);
  EXPECT_TRUE(at.between_parts());
  at.take(LogStream::out, false, mark_at(2), 2);
  EXPECT_EQ(at.told.mark(LogStream::out), mark_at(2));
  EXPECT_EQ(at.told.mark(LogStream::err), Mark{});
  at.take(LogStream::err, false, {1, 65}, 1);
  EXPECT_EQ(at.told, at.reached);
}

TEST(Standpoint, AGapThatLeavesAnOpenLineAloneLeavesItsBeginningToBeTold) {
  Position gap;
  gap.mark(LogStream::out) = mark_at(9);
  Standpoint at;
  at.take(LogStream::err, true, {1, 64}, 1);
  at.advance(gap);
  EXPECT_EQ(at.told.mark(LogStream::out), mark_at(9));
  EXPECT_EQ(at.told.mark(LogStream::err), Mark{});
  gap.mark(LogStream::err) = {1, 70};
  at.advance(gap);
  EXPECT_FALSE(at.between_parts());
  EXPECT_EQ(at.told, at.reached);
}

}  // namespace
}  // namespace docker
