#include "feeds/log_frame.hpp"

#include <gtest/gtest.h>

#include "feeds/log_chain.hpp"
#include "feeds/log_messages.hpp"
#include "ws/deflate.hpp"

namespace feeds {
namespace {

using docker::LogStream;
using docker::Mark;

docker::Position position(Mark out, Mark err = {}) {
  docker::Position made;
  made.engine = 7;
  made.marks = {out, err};
  return made;
}

docker::Line line(LogStream stream, std::int64_t time, std::string_view text, bool partial = false) {
  docker::Line made;
  made.stream = stream;
  made.partial = partial;
  made.time_ns = time;
  made.mark = {time, 1};
  made.text = text;
  return made;
}

// The frame of lines stamped from..to on stdout, each one alone at its time.
LogFrame frame_of(std::int64_t from, std::int64_t to) {
  std::vector<std::string> texts;
  std::vector<docker::Line> lines;
  for (std::int64_t time = from; time <= to; ++time) texts.push_back("line " + std::to_string(time));
  for (std::int64_t time = from; time <= to; ++time)
    lines.push_back(line(LogStream::out, time, texts[static_cast<std::size_t>(time - from)]));
  return lines_frame(position({from - 1, from > 1 ? 1U : 0U}), position({to, 1}), lines);
}

std::string payloads(std::string_view framed) {  // of short frames: without their two or four header bytes
  std::string out;
  while (!framed.empty()) {
    std::size_t length = static_cast<unsigned char>(framed[1]), header = 2;
    if (length == 126) {
      length = static_cast<unsigned char>(framed[2]) * 256U + static_cast<unsigned char>(framed[3]);
      header = 4;
    }
    out += std::string(framed.substr(header, length)) + "\n";
    framed.remove_prefix(header + length);
  }
  return out;
}

TEST(LogFrame, SurvivesTheWire) {
  const docker::Line lines[] = {line(LogStream::out, 5, "a\"b"), line(LogStream::err, 6, "", true)};
  LogFrame sent = lines_frame(position({4, 2}), position({5, 1}, {6, 1}), lines);
  sent.fence = {3, 9};
  sent.sender = 11;
  sent.state = LogState::live;
  Undecodable why{};
  const auto got = decode(encode(sent), position({}), why);
  ASSERT_TRUE(got);
  EXPECT_EQ(sender_of(encode(sent)), 11U);
  EXPECT_EQ(got->prev, sent.prev);
  EXPECT_EQ(got->position, sent.position);
  EXPECT_EQ(got->fence, sent.fence);
  EXPECT_EQ(got->text, "a\\\"b");
  ASSERT_EQ(got->entries.size(), 2U);
  EXPECT_EQ(got->entries[1].mark, (Mark{6, 1}));
  EXPECT_TRUE(got->entries[1].partial);
}

TEST(LogFrame, NoTruncationOrForeignVersionDecodes) {
  const std::string whole = encode(frame_of(1, 3));
  Undecodable why{};
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_FALSE(decode(std::string_view(whole).substr(0, length), position({}), why)) << length;
  std::string foreign = whole;
  foreign[0] = 9;
  EXPECT_FALSE(decode(foreign, position({}), why));
  EXPECT_EQ(why, Undecodable::version);
  EXPECT_FALSE(sender_of(foreign));
  for (std::size_t length = 0; length < 28; ++length)
    EXPECT_FALSE(sender_of(std::string_view(whole).substr(0, length))) << length;
}

TEST(LogFrame, AnAbsurdCountTakesNoMemory) {
  std::string bytes = encode(frame_of(1, 1));
  const std::size_t count_at = bytes.size() - std::string("line 1").size() - 26 - 4;
  for (std::size_t i = 0; i < 4; ++i) bytes[count_at + i] = '\xff';
  Undecodable why{};
  EXPECT_FALSE(decode(bytes, position({}), why));
}

TEST(LogChain, DropsRecordByRecordWhatTwoReadersCutDifferently) {
  LogChain chain(position({0, 0}));
  LogFrame first = frame_of(1, 3), second = frame_of(2, 5);
  EXPECT_EQ(chain.judge(first), LogChain::Verdict::news);
  EXPECT_EQ(chain.judge(second), LogChain::Verdict::news);
  EXPECT_EQ(second.text, "line 4line 5");
  EXPECT_EQ(second.prev, position({3, 1}));
  LogFrame again = frame_of(2, 5);
  EXPECT_EQ(chain.judge(again), LogChain::Verdict::known);
}

TEST(LogChain, SeesALostFrameInTheNextOneAndALostLastOneInTheTip) {
  LogChain chain(position({0, 0}));
  LogFrame third = frame_of(5, 6);
  EXPECT_EQ(chain.judge(third), LogChain::Verdict::missed);
  EXPECT_EQ(chain.at(), position({0, 0}));
  LogFrame tip;
  tip.kind = LogFrame::Kind::tip;
  tip.prev = tip.position = position({6, 1});
  EXPECT_EQ(chain.judge(tip), LogChain::Verdict::missed);
  chain.advance(position({6, 1}));
  EXPECT_EQ(chain.judge(tip), LogChain::Verdict::known);
}

TEST(LogChain, AStreamThatIsBehindCountsAloneEvenIfTheOtherIsAhead) {
  LogChain chain(position({10, 1}, {2, 1}));
  LogFrame frame = frame_of(9, 9);
  frame.prev = position({8, 1}, {3, 1});
  EXPECT_EQ(chain.judge(frame), LogChain::Verdict::missed);
}

TEST(LogChain, PiecesOfALongLineAreGivenOnceThoughThePositionWaitsForItsEnd) {
  LogChain chain(position({4, 1}));
  const docker::Line piece[] = {line(LogStream::out, 5, "long", true)};
  LogFrame frame = lines_frame(position({4, 1}), position({5, 1}), piece);
  LogFrame again = frame;
  EXPECT_EQ(chain.judge(frame), LogChain::Verdict::news);
  EXPECT_EQ(chain.at(), position({5, 1}));
  EXPECT_EQ(frame.told, position({4, 1}));
  EXPECT_EQ(chain.judge(again), LogChain::Verdict::known);
  const docker::Line rest[] = {line(LogStream::err, 6, "other"), line(LogStream::out, 7, "end")};
  LogFrame behind = lines_frame(position({5, 1}), position({7, 1}, {6, 1}), rest);
  EXPECT_EQ(chain.judge(behind), LogChain::Verdict::news);
  EXPECT_EQ(behind.told_before, position({4, 1}));
  EXPECT_EQ(behind.told, behind.position);
}

TEST(LogChain, APieceThatWasLostOnTheBusIsMissed) {
  LogChain chain(position({4, 1}));
  const docker::Line second[] = {line(LogStream::out, 6, "long", true)};
  LogFrame frame = lines_frame(position({5, 1}), position({6, 1}), second);
  EXPECT_EQ(chain.judge(frame), LogChain::Verdict::missed);
}

TEST(LogMessages, ABatchHoldsTheLinesThatItsShapeShows) {
  ws::Deflater deflater;
  LogMessages messages("container:logs:c1", deflater);
  const docker::Line lines[] = {line(LogStream::out, 1, "out"), line(LogStream::err, 2, "err")};
  LogFrame frame = lines_frame(position({}), position({1, 1}, {2, 1}), lines);
  docker::Standpoint at(frame.prev);
  take(at, frame);
  std::string both, none;
  EXPECT_EQ(messages.lines(both, frame, {Form::batch, true, true}, frame.prev), 1U);
  EXPECT_EQ(payloads(both), "{\"type\":\"logs\",\"channel\":\"container:logs:c1\",\"prev\":\"" + frame.prev.print() +
                                "\",\"position\":\"" + frame.told.print() +
                                "\",\"lines\":[[\"1970-01-01T00:00:00.000000001Z\",\"o\",\"out\"],"
                                "[\"1970-01-01T00:00:00.000000002Z\",\"e\",\"err\"]]}\n");
  EXPECT_EQ(messages.lines(none, frame, {Form::batch, false, false}, frame.prev), 0U);
  EXPECT_EQ(none, "");
}

TEST(LogMessages, EachSingleLineCarriesThePositionBehindIt) {
  ws::Deflater deflater;
  LogMessages messages("c", deflater);
  const docker::Line lines[] = {line(LogStream::out, 1, "first"), line(LogStream::err, 2, "part", true)};
  LogFrame frame = lines_frame(position({}), position({1, 1}, {2, 1}), lines);
  docker::Standpoint at(frame.prev);
  take(at, frame);
  std::string out;
  EXPECT_EQ(messages.lines(out, frame, {Form::line, true, true}, frame.prev), 2U);
  const std::string after = position({1, 1}).print();
  EXPECT_EQ(
      payloads(out),
      "{\"type\":\"log\",\"channel\":\"c\",\"position\":\"" + after +
          "\",\"stream\":\"stdout\",\"time\":\"1970-01-01T00:00:00.000000001Z\",\"data\":\"first\"}\n"
          "{\"type\":\"log\",\"channel\":\"c\",\"position\":\"" +
          after +
          "\",\"stream\":\"stderr\",\"time\":\"1970-01-01T00:00:00.000000002Z\",\"data\":\"part\",\"partial\":true}\n");
}

TEST(LogMessages, OnlyTheQuietFormExplainsItselfInData) {
  ws::Deflater deflater;
  LogMessages messages("c", deflater);
  std::string plain, quiet;
  messages.status(plain, LogState::stopped, {Form::line});
  messages.status(quiet, LogState::stopped, {Form::quiet_line});
  EXPECT_EQ(payloads(plain), "{\"type\":\"status\",\"channel\":\"c\",\"state\":\"stopped\"}\n");
  EXPECT_EQ(payloads(quiet),
            "{\"type\":\"status\",\"channel\":\"c\",\"state\":\"stopped\",\"data\":\"The container has stopped\"}\n");
}

TEST(LogMessages, LongMessagesOfADeflatedShapeSayTheSameInFewerBytes) {
  ws::Deflater deflater;
  ws::Inflater inflater;
  LogMessages messages("container:logs:c1", deflater);
  const LogFrame frame = frame_of(1, 200);
  const Shape plain{Form::batch}, deflated{Form::batch, true, true, true};
  std::string long_plain, long_deflated, short_plain, short_deflated, text;
  messages.lines(long_plain, frame, plain, frame.prev);
  messages.lines(long_deflated, frame, deflated, frame.prev);
  EXPECT_LT(long_deflated.size(), long_plain.size() / 4);
  EXPECT_EQ(static_cast<unsigned char>(long_deflated[0]), 0xc1) << "RSV1, the last frame, text";
  ASSERT_EQ(inflater.inflate(text, std::string_view(long_deflated).substr(4), 1 << 20), ws::Inflater::Outcome::done);
  EXPECT_EQ(text + "\n", payloads(long_plain));
  messages.status(short_plain, LogState::live, plain);
  messages.status(short_deflated, LogState::live, deflated);
  EXPECT_EQ(short_deflated, short_plain);
}

// Behind a step of the clock who began before it counts on from 100, who began after it does not.
docker::Position full_at(std::int64_t time) {
  docker::Position made = position({100, static_cast<std::uint32_t>(1 + time)});
  made.stepped_ns = time;
  return made;
}
LogFrame full_frame(std::int64_t from, std::int64_t to) {
  LogFrame frame = frame_of(from, to);
  for (LogEntry& entry : frame.entries) entry.mark = {100, static_cast<std::uint32_t>(1 + entry.time_ns)};
  frame.prev = full_at(from - 1);
  frame.position = full_at(to);
  return frame;
}

TEST(LogChain, GoesOnInAnotherReckoningFromTheSamePlace) {
  for (const bool up : {true, false}) {
    LogChain chain(up ? position({5, 1}) : full_at(5));
    LogFrame frame = up ? full_frame(6, 8) : frame_of(6, 8);
    EXPECT_EQ(chain.judge(frame), LogChain::Verdict::news);
    EXPECT_EQ(frame.entries.size(), 3U);
    EXPECT_EQ(chain.at(), up ? full_at(8) : position({8, 1}));
    LogFrame across = up ? frame_of(7, 9) : full_frame(7, 9);
    EXPECT_EQ(chain.judge(across), LogChain::Verdict::news);
    ASSERT_EQ(across.entries.size(), 1U);
    EXPECT_EQ(across.entries[0].time_ns, 9);
  }
}

TEST(LogChain, WhatWeReadOurselvesIsCalledAsOthersCalledIt) {
  LogChain chain(position({8, 1}));
  LogFrame own = full_frame(7, 9);
  EXPECT_EQ(chain.admit(own), LogChain::Verdict::news);
  ASSERT_EQ(own.entries.size(), 1U) << "the others were heard";
  EXPECT_EQ(own.entries[0].time_ns, 9);
}

// Two of our readers came to a gap's end, where one record is left of a line, and one of them has told it.
TEST(LogChain, ABoundIsNoNameForThePlaceBehindItsRecord) {
  LogChain chain(position({9, 1}));
  chain.rename(position({9, 0}));
  EXPECT_EQ(chain.at(), position({9, 1}));
  LogFrame again = lines_frame(position({9, 0}), position({9, 1}), std::array{line(LogStream::out, 9, "rest")});
  EXPECT_EQ(chain.admit(again), LogChain::Verdict::known);
}

TEST(LogChain, DoubtsAFrameThatDoesNotShowWhereWeStand) {
  LogChain chain(position({100, 1}, {3, 1}));
  std::vector<docker::Line> lines = {line(LogStream::out, 6, "o"), line(LogStream::err, 7, "e")};
  LogFrame frame = lines_frame(position({5, 1}, {3, 1}), position({6, 1}, {7, 1}), lines);
  EXPECT_EQ(chain.judge(frame), LogChain::Verdict::missed) << "by its marks, one of its lines would be old";
}

TEST(LogChain, LooksOnceWhereAnOwnerSeemsToStandBehind) {
  LogChain chain(position({100, 1}));
  LogFrame tip;
  tip.kind = LogFrame::Kind::tip;
  tip.prev = tip.position = position({7, 1});
  EXPECT_EQ(chain.judge(tip), LogChain::Verdict::missed);
  EXPECT_EQ(chain.judge(tip), LogChain::Verdict::known);
  chain.rename(position({7, 1}));
  EXPECT_EQ(chain.at(), position({100, 1})) << "another record";
}

}  // namespace
}  // namespace feeds
