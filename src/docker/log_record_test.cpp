#include "docker/log_record.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "docker/timestamp.hpp"

namespace docker {
namespace {

constexpr std::int64_t kT = 1'700'000'000'000'000'000;

struct Owned {
  LogStream stream;
  std::int64_t time_ns;
  std::string payload;
  bool operator==(const Owned&) const = default;
};

std::string stamp(std::int64_t time_ns) { return format_time(net::WallTime(net::Duration(time_ns))) + " "; }

std::string frame(int type, const std::string& payload) {
  std::string bytes(8, '\0');
  bytes[0] = static_cast<char>(type);
  for (int i = 0; i < 4; ++i) bytes[4 + i] = static_cast<char>(payload.size() >> (24 - 8 * i));
  return bytes + payload;
}

std::vector<Owned> cut(LogRecords& records, const std::string& body, std::size_t slice) {
  std::vector<Owned> all;
  LogRecord record;
  for (std::size_t at = 0; at < body.size(); at += slice) {
    std::string own = body.substr(at, slice);  // a buffer of its own, so that a view kept too long is seen by asan
    records.feed(own);
    while (records.next(record)) all.push_back({record.stream, record.time_ns, std::string(record.payload)});
  }
  if (records.finish(record)) all.push_back({record.stream, record.time_ns, std::string(record.payload)});
  return all;
}

TEST(LogRecords, CutsFramesFromSlicesOfAnySize) {
  std::string body;
  std::vector<Owned> expected;
  for (int i = 0; i < 40; ++i) {
    std::string text = std::string(static_cast<std::size_t>(i * i), 'x') + (i % 3 == 0 ? "" : "\n");
    body += frame(1 + i % 2, stamp(kT + i) + text);
    expected.push_back({i % 2 == 0 ? LogStream::out : LogStream::err, kT + i, text});
  }
  for (std::size_t slice : {1u, 2u, 7u, 8u, 9u, 39u, 40u, 1000u, 1u << 20}) {
    LogRecords records(false);
    EXPECT_EQ(cut(records, body, slice), expected) << slice;
    EXPECT_FALSE(records.failed());
  }
}

TEST(LogRecords, CutsATerminalsRawTextAtNewlinesAndRepeatedStamps) {
  std::vector<Owned> expected;
  auto add = [&expected](std::int64_t time, std::string text) { expected.push_back({LogStream::out, time, text}); };
  add(kT, "short\r\n");
  add(kT + 1, stamp(kT + 1) + "its own stamp as text\r\n");
  add(kT + 2, std::string(piece_bytes, 'a'));
  add(kT + 2, std::string(piece_bytes + 2, 'b'));  // grown by U+FFFD
  add(kT + 2, "tail\r\n");
  add(kT + 3, std::string(piece_bytes - 1, 'c') + "\r");
  add(kT + 3, "\n");
  // The `local` driver before 23.0.
  add(kT + 4, std::string(piece_bytes, 'd'));
  add(kT + 4, "rest\r");
  add(kT + 5, std::string(piece_bytes - 1, 'e') + "\r");
  add(kT + 5, "");
  add(kT + 6, "\r2026 is no stamp\r\n");
  add(kT + 7, "no newline at the end");
  std::string body;
  for (const Owned& record : expected) body += stamp(record.time_ns) + record.payload;
  for (std::size_t slice : {1u, 31u, 4096u, 16384u + 31u, 16384u + 40u, 1u << 20}) {
    LogRecords records(true);
    EXPECT_EQ(cut(records, body, slice), expected) << slice;
    EXPECT_FALSE(records.failed());
  }
}

// `tail`, or rotation, may leave nothing but the end of a long line, without a newline.
TEST(LogRecords, KnowsTheEndOfALongLineAtTheBeginningOfATerminalsBody) {
  for (const std::string rest : {"rest\r", ""}) {
    const std::string body = stamp(kT) + rest + stamp(kT + 1) + "next\r\n" + stamp(kT + 2) + "\r" + stamp(kT) + "\r\n";
    const std::vector<Owned> expected = {{LogStream::out, kT, rest},
                                         {LogStream::out, kT + 1, "next\r\n"},
                                         {LogStream::out, kT + 2, "\r" + stamp(kT) + "\r\n"}};
    for (std::size_t slice : {1u, 31u, 35u, 1000u}) {
      LogRecords records(true);
      EXPECT_EQ(cut(records, body, slice), expected) << slice;
    }
  }
}

TEST(LogRecords, FailsOnGarbage) {
  std::string stdin_frame = frame(0, stamp(kT) + "x\n");
  std::string huge = frame(1, "");
  huge[4] = 1;
  for (const std::string& body :
       {stdin_frame, huge, frame(1, "no stamp\n"), std::string("HTTP/1.1 500"), frame(9, "")}) {
    LogRecords records(false);
    EXPECT_TRUE(cut(records, body, 5).empty());
    ASSERT_TRUE(records.failed());
    EXPECT_NE(records.failed()->fault, base::Fault::unavailable);
  }
  LogRecords raw(true);
  EXPECT_TRUE(cut(raw, std::string(100, '\1'), 3).empty());
  EXPECT_TRUE(raw.failed());
}

TEST(LogRecords, LeavesAStampThatTheProgramWroteItself) {
  const std::string text = stamp(kT - 1'000) + "said by itself\r\n";
  LogRecords records(true);
  const auto found = cut(records, stamp(kT) + text + stamp(kT + 5) + "next\r\n", 7);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].payload, text);
}

// Docker 3.4: two rotations passed while the daemon's follower stood between the pieces of a line.
TEST(LogRecords, OfATerminalsLineWhoseRestWasSkippedKeepsTheNextRecordApart) {
  const std::string piece(piece_bytes, 'x');
  const std::string body = stamp(kT) + piece + stamp(kT + 5) + "rest\r\n" + stamp(kT + 6) + "next\r\n";
  const std::vector<Owned> expected = {
      {LogStream::out, kT, piece}, {LogStream::out, kT + 5, "rest\r\n"}, {LogStream::out, kT + 6, "next\r\n"}};
  for (std::size_t slice : {1u, 16'384u, 16'430u, 100'000u}) {
    LogRecords records(true);
    EXPECT_EQ(cut(records, body, slice), expected) << slice;
  }
}

TEST(LogRecords, ReportsTheDaemonsOwnErrorInBand) {
  LogRecords records(false);
  EXPECT_EQ(cut(records, frame(1, stamp(kT) + "x\n") + frame(3, "Error grabbing logs: gone\n"), 50).size(), 1u);
  ASSERT_TRUE(records.failed());
  EXPECT_EQ(records.failed()->fault, base::Fault::unavailable);
  EXPECT_NE(records.failed()->message.find("Error grabbing logs"), std::string::npos);
}

}  // namespace
}  // namespace docker
