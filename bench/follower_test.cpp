#include "follower.hpp"

#include <gtest/gtest.h>

#include "line.hpp"

namespace bench {
namespace {

std::string line(uint32_t sequence, uint32_t channel = 7, uint32_t bytes = 256) {
  return print_line({channel, sequence, bytes, 1'000'000 + sequence});
}

std::string frame(std::string_view payload, char first_byte = '\x81') {
  std::string bytes(1, first_byte);
  if (payload.size() < 126) {
    bytes += static_cast<char>(payload.size());
  } else {
    bytes += {'\x7e', static_cast<char>(payload.size() >> 8), static_cast<char>(payload.size())};
  }
  return bytes.append(payload);
}

struct Reader {
  Follower follower{7, 0};
  Tally tally;
  size_t take(std::string_view bytes) { return follower.take(bytes, 1'001'000, tally); }
};

TEST(Line, IsReadAsItWasPrinted) {
  std::optional<Line> read = parse_line(print_line({12, 345678, 99, 1'767'225'600'123'456}));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->channel, 12U);
  EXPECT_EQ(read->sequence, 345678U);
  EXPECT_EQ(read->bytes, 99U);
  EXPECT_EQ(read->time_us, 1'767'225'600'123'456);
  EXPECT_FALSE(parse_line(print_line({12, 1, 99, 1}).substr(0, 98)));
}

TEST(Follower, ReadsALongFrameHoweverItIsCut) {
  std::string payload = R"({"type":"logs","lines":[)";
  for (uint32_t sequence = 0; sequence < 40; ++sequence) payload += "[\"" + line(sequence) + "\"],";
  payload += "]}";
  const std::string bytes = frame(payload) + frame(line(40)) + frame(R"({"type":"status"})");
  for (const size_t slice : {size_t{1}, size_t{7}, size_t{255}, size_t{4000}, bytes.size()}) {
    Reader reader;
    std::string unread;
    for (size_t at = 0; at < bytes.size(); at += slice) {
      unread += bytes.substr(at, slice);
      unread.erase(0, reader.take(unread));
    }
    EXPECT_TRUE(unread.empty()) << slice;
    EXPECT_EQ(reader.tally.deliveries, 41U) << slice;
    EXPECT_EQ(reader.tally.frames, 2U) << slice;
    EXPECT_EQ(reader.tally.other_frames, 1U) << slice;
    EXPECT_EQ(reader.tally.bytes, payload.size() + 256) << slice;
    EXPECT_EQ(reader.tally.damaged + reader.tally.lost + reader.tally.duplicates, 0U) << slice;
  }
}

TEST(Follower, SeesDamageInALongFrameThatIsCut) {
  std::string payload(200, ' ');
  for (uint32_t sequence = 0; sequence < 40; ++sequence) payload += line(sequence) + ",";
  payload[200 + 20 * 257 + 255] = '?';  // the end of line 20
  const std::string bytes = frame(payload);
  Reader reader;
  std::string unread;
  for (size_t at = 0; at < bytes.size(); at += 500) {
    unread += bytes.substr(at, 500);
    unread.erase(0, reader.take(unread));
  }
  EXPECT_EQ(reader.tally.damaged, 1U);
  EXPECT_EQ(reader.tally.deliveries, 39U);
}

TEST(Follower, ReadsRecordsOfAnEngineHoweverTheyAreCut) {
  Reader reader;
  std::string bytes;
  for (uint32_t sequence = 0; sequence < 3; ++sequence) {
    const std::string text = "2026-01-01T00:00:00.000000001Z " + line(sequence) + "\n";
    bytes +=
        std::string("\1\0\0\0\0\0", 6) + static_cast<char>(text.size() >> 8) + static_cast<char>(text.size()) + text;
  }
  std::string unread;
  for (const char each : bytes) {
    unread += each;
    unread.erase(0, reader.follower.take_records(unread, 1'001'000, reader.tally));
  }
  EXPECT_TRUE(unread.empty());
  EXPECT_EQ(reader.tally.deliveries, 3U);
  EXPECT_EQ(reader.tally.damaged + reader.tally.lost + reader.tally.duplicates, 0U);
}

TEST(Follower, CountsLinesInEveryShape) {
  Reader reader;
  std::string batch = R"({"type":"logs","lines":[["t","o",")" + line(2) + R"("],["t","o",")" + line(3) + R"("]]})";
  reader.take(frame(line(0)) + frame(R"({"type":"log","data":")" + line(1) + "\"}") + frame(batch));
  EXPECT_EQ(reader.tally.deliveries, 4U);
  EXPECT_EQ(reader.tally.frames, 3U);
  EXPECT_EQ(reader.tally.lost + reader.tally.duplicates + reader.tally.out_of_order + reader.tally.damaged, 0U);
  EXPECT_EQ(reader.follower.next_sequence(), 4U);
}

TEST(Follower, TakesWholeFramesOnlyWhereverTheyAreCut) {
  std::string bytes = frame(line(0)) + frame(line(1));
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    Reader reader;
    size_t taken = reader.take(std::string_view(bytes).substr(0, cut));
    EXPECT_LE(taken, cut);
    reader.take(std::string_view(bytes).substr(taken));
    ASSERT_EQ(reader.tally.deliveries, 2U) << "cut at " << cut;
  }
}

TEST(Follower, NoticesLostRepeatedAndLateLines) {
  Reader reader;
  reader.take(frame(line(0)) + frame(line(3)));
  EXPECT_EQ(reader.tally.lost, 2U);
  reader.take(frame(line(1)));
  EXPECT_EQ(reader.tally.lost, 1U);
  EXPECT_EQ(reader.tally.out_of_order, 1U);
  reader.take(frame(line(2)) + frame(line(3)));
  EXPECT_EQ(reader.tally.lost, 0U);
  EXPECT_EQ(reader.tally.duplicates, 1U);
}

TEST(Follower, NoticesLinesThatAreNotItsOwnOrAltered) {
  Reader reader;
  std::string altered = line(0), cut = line(0);
  altered[100] = 'y';
  cut.erase(200, 20);
  reader.take(frame(line(0, 8)) + frame(altered) + frame(cut) + frame(line(0), '\x82'));
  EXPECT_EQ(reader.tally.deliveries, 0U);
  EXPECT_EQ(reader.tally.damaged, 4U);
}

TEST(Follower, HearsGapsAndSubscribedAnswersPingsAndStopsAtClose) {
  Reader reader;
  reader.take(frame(R"({"type":"subscribed"})") + frame(R"({"type":"gap"})") + frame("hello", '\x89') +
              frame("", '\x88') + frame(line(0)));
  EXPECT_TRUE(reader.follower.saw_subscribed());
  EXPECT_EQ(reader.tally.gaps, 1U);
  EXPECT_EQ(reader.follower.reply(), std::string("\x8a\x85\0\0\0\0hello", 11));
  EXPECT_TRUE(reader.follower.closed());
  EXPECT_EQ(reader.tally.deliveries, 0U);
}

TEST(Histogram, GivesPercentilesWithinSixPercent) {
  Histogram histogram;
  EXPECT_EQ(histogram.percentile(0.5), 0U);
  for (int value = 1; value <= 100'000; ++value) histogram.add(value);
  EXPECT_NEAR(static_cast<double>(histogram.percentile(0.5)), 50'000, 3'200);
  EXPECT_NEAR(static_cast<double>(histogram.percentile(0.99)), 99'000, 6'400);
}

}  // namespace
}  // namespace bench
