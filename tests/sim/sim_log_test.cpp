#include "sim/sim_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/sim_log_reading.hpp"

namespace sim {
namespace {

using testing::ElementsAre;

// A log that is written by hand: stamps are 1, 2, 3…
class SimLogTest : public testing::Test {
 protected:
  SimLog& log(Generation generation, LogOptions options = {}) {
    log_ = std::make_unique<SimLog>(generation, options);
    log_->open();
    return *log_;
  }
  void write(SimStream stream, std::int64_t stamp, std::string line = "x") {
    log_->append({stream, stamp, std::move(line)});
  }
  std::unique_ptr<SimLogReading> read(LogRequest request) {
    request.out = request.err = true;
    return start_reading(*log_, request, random_, faults_);
  }
  // The stamps of what comes until it waits or ends.
  static std::vector<std::int64_t> stamps(SimLogReading& reading, const SimLog& log) {
    std::vector<std::int64_t> stamps;
    SimLogReading::Batch batch;
    while (reading.next(batch) == SimLogReading::Next::records) {
      for (const auto index : batch.records) stamps.push_back(log.records()[index].stamp);
    }
    return stamps;
  }
  std::vector<std::int64_t> stamps(LogRequest request) { return stamps(*read(request), *log_); }

  std::unique_ptr<SimLog> log_;
  net::Random random_{1};
  FollowFaults faults_;
};

std::vector<std::string> payloads(Generation generation, LogDriver driver, std::string_view bytes) {
  SimLog log(generation, {.driver = driver});
  std::int64_t stamp = 0;
  SimCopier copier(SimStream::out, [&] { return ++stamp; });
  while (!bytes.empty()) {
    for (const auto& piece : copier.read(bytes)) log.append(piece);
  }
  for (const auto& piece : copier.end()) log.append(piece);
  std::vector<std::string> found;
  for (const auto& record : log.records()) {
    const std::string tail =
        record.payload.substr(record.payload.size() - std::min<std::size_t>(2, record.payload.size()));
    found.push_back(std::to_string(record.payload.size()) + ":" + std::to_string(record.stamp) + ":" + tail);
  }
  return found;
}

TEST_F(SimLogTest, CutsLongLinesAsDockerDoes) {
  const std::string forty(40'000, 'x');
  EXPECT_THAT(payloads(Generation::docker_26, LogDriver::json_file, forty + "\nend"),
              ElementsAre("16384:1:xx", "16384:1:xx", "7233:1:x\n", "3:2:nd"));
  EXPECT_THAT(payloads(Generation::docker_20, LogDriver::local, forty + "\nend\n"),
              ElementsAre("16384:1:xx", "16384:1:xx", "7232:1:xx", "4:2:d\n"));
  EXPECT_THAT(payloads(Generation::docker_26, LogDriver::local, forty.substr(0, 16'384) + "\n"),
              ElementsAre("16384:1:xx", "1:1:\n"));
  EXPECT_THAT(payloads(Generation::docker_20, LogDriver::local, forty.substr(0, 16'384) + "\n"),
              ElementsAre("16384:1:xx", "0:1:"));
  EXPECT_THAT(payloads(Generation::docker_20, LogDriver::json_file, std::string(16'383, 'x') + "\xc3\xa9\n"),
              ElementsAre("16386:1:\xbf\xbd", "4:1:\xbd\n"));
}

TEST_F(SimLogTest, CountsTheTailBeforeSinceAndTheChoiceOfStreams) {
  log(Generation::docker_26);
  for (int i = 1; i <= 4; ++i) write(SimStream::out, i);
  write(SimStream::err, 5);
  EXPECT_THAT(stamps({.tail = 2}), ElementsAre(4, 5));
  EXPECT_THAT(stamps({.tail = 2, .since = 5}), ElementsAre(5));
  EXPECT_THAT(stamps({.tail = 1, .until = 4}), ElementsAre());
  EXPECT_THAT(stamps({.since = 2, .until = 3}), ElementsAre(2, 3));
  EXPECT_THAT(stamps({.tail = 0}), ElementsAre());
}

TEST_F(SimLogTest, FiltersEveryRecordBySinceOn20AndOnlyTheStartOn26) {
  for (const auto generation : {Generation::docker_20, Generation::docker_26}) {
    log(generation);
    write(SimStream::out, 10);
    write(SimStream::err, 12);
    write(SimStream::out, 10);
    const auto found = stamps({.since = 11});
    if (generation == Generation::docker_20) {
      EXPECT_THAT(found, ElementsAre(12));
    } else {
      EXPECT_THAT(found, ElementsAre(12, 10));
    }
  }
}

TEST_F(SimLogTest, ForgetsTheOldestFileAtARotation) {
  log(Generation::docker_26, {.max_size = 1, .max_file = 2});
  for (int i = 1; i <= 5; ++i) write(SimStream::out, i);
  EXPECT_THAT(stamps(LogRequest{}), ElementsAre(4, 5));
  EXPECT_EQ(log_->oldest_on_disk(), 3U);
}

TEST_F(SimLogTest, SkipsWholeFilesOn26WhenTheFollowerLags) {
  log(Generation::docker_26, {.max_size = 1, .max_file = 5});
  write(SimStream::out, 1);
  auto follow = read({.follow = true});
  EXPECT_THAT(stamps(*follow, *log_), ElementsAre(1));
  write(SimStream::out, 2);
  EXPECT_THAT(stamps(*follow, *log_), ElementsAre(2));
  for (int i = 3; i <= 5; ++i) write(SimStream::out, i);
  EXPECT_THAT(stamps(*follow, *log_), ElementsAre(5));
  EXPECT_EQ(faults_.files_skipped, 2U);
  EXPECT_EQ(faults_.records_skipped, 2U);
  log_->close();
  EXPECT_THAT(stamps(*follow, *log_), ElementsAre());
}

TEST_F(SimLogTest, ReadsTheBeginningOfAFileTwiceOn20) {
  log(Generation::docker_20, {.max_size = 250, .max_file = 5});
  for (int i = 1; i <= 4; ++i) write(SimStream::out, i);
  auto follow = read({.follow = true});
  EXPECT_THAT(stamps(*follow, *log_), ElementsAre(1, 2, 3, 4));
  write(SimStream::out, 5);  // into the next file
  EXPECT_THAT(stamps(*follow, *log_), ElementsAre(5, 5));
  EXPECT_EQ(faults_.replays, 1U);
  write(SimStream::out, 6);
  EXPECT_THAT(stamps(*follow, *log_), ElementsAre(6));
}

TEST_F(SimLogTest, EndsAFollowOn20SometimesBeforeTheLogsEnd) {
  int lost = 0;
  for (int i = 0; i < 100; ++i) {
    log(Generation::docker_20);
    auto follow = read({.follow = true});
    EXPECT_THAT(stamps(*follow, *log_), ElementsAre());
    write(SimStream::out, 1);  // and the process ends before the follower was scheduled
    log_->close();
    lost += stamps(*follow, *log_).empty() ? 1 : 0;
  }
  EXPECT_GT(lost, 20);
  EXPECT_LT(lost, 80);
  EXPECT_EQ(faults_.tails_lost_at_exit, static_cast<std::uint64_t>(lost));
}

TEST_F(SimLogTest, BreaksAFollowOn20WhereTheOnlyFileIsWrittenAnew) {
  log(Generation::docker_20, {.max_size = 200, .max_file = 1});
  write(SimStream::out, 1);
  write(SimStream::out, 2);
  auto follow = read({.follow = true});
  EXPECT_THAT(stamps(*follow, *log_), ElementsAre(1, 2));
  write(SimStream::out, 3);
  EXPECT_THAT(stamps(*follow, *log_), ElementsAre(3));  // shorter: seen
  write(SimStream::out, 4);
  write(SimStream::out, 5);
  write(SimStream::out, 6, std::string(500, 'x'));  // longer: read from its middle
  SimLogReading::Batch batch;
  std::string error;
  while (follow->next(batch) == SimLogReading::Next::records) error += batch.error;
  EXPECT_NE(error, "");
  EXPECT_EQ(faults_.garbled, 1U);
}

}  // namespace
}  // namespace sim
