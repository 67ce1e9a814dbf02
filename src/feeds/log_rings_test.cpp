#include "feeds/log_rings.hpp"

#include <gtest/gtest.h>

#include "net/still_loop.hpp"
#include "ws/deflate.hpp"

namespace feeds {
namespace {

docker::Standpoint at(std::int64_t time_ns) {
  docker::Position position;
  position.marks = {docker::Mark{time_ns, 1}, docker::Mark{}};
  return docker::Standpoint(position);
}

struct LogRingsTest : testing::Test {
  // A line of 10 kB, at each of these times.
  void publish(std::int64_t from, std::int64_t to) {
    for (std::int64_t time = from; time <= to; ++time) {
      const std::string text(10'000, 'x');
      const docker::Line line{docker::LogStream::out, false, time, docker::Mark{time, 1}, text};
      LogFrame frame = lines_frame(now.reached, at(time).reached, {&line, 1});
      take(now, frame);
      rings.publish(frame);
    }
  }

  net::StillLoop loop;
  hub::Hub hub{64 * 1024};
  ws::Deflater deflater;
  LogMessages messages{"container:logs:x", deflater};
  LogRings rings{hub, loop, messages};
  Shape shape;
  docker::Standpoint now;
};

TEST_F(LogRingsTest, WhoCannotReadWhatItMissedGoesOnWhereTheRingLacksNothingOfIt) {
  rings.open(shape, std::nullopt);
  now = at(10);
  rings.begin(now, {});
  publish(11, 20);
  const auto oldest = hub.ring(rings.number(shape)).oldest();
  ASSERT_GT(oldest, 2U) << "the ring holds all";
  const LogRings::Joint behind = rings.first_behind(shape, at(11));
  EXPECT_EQ(behind.sequence, oldest);
  EXPECT_EQ(behind.at.told.print(), at(static_cast<std::int64_t>(8 + oldest)).told.print());
  const LogRings::Joint within = rings.first_behind(shape, at(19));
  EXPECT_EQ(within.sequence, oldest + (19 - static_cast<std::uint64_t>(behind.at.reached.marks[0].max_ns)));
  EXPECT_EQ(within.at.told.print(), at(19).told.print());
  const LogRings::Joint ahead = rings.first_behind(shape, at(30));
  EXPECT_EQ(ahead.sequence, hub.ring(rings.number(shape)).next());
  EXPECT_EQ(ahead.at.told.print(), at(30).told.print());
}

// Nobody stands where a ring begins that was opened before the log's place was known.
TEST_F(LogRingsTest, WhoStandsAtTheLogsStartIsBehindARingThatBeganLater) {
  rings.open(shape, std::nullopt);
  now = at(10);
  rings.begin(now, {});
  const LogRings::Joint joint = rings.first_behind(shape, docker::Standpoint(docker::Position{}));
  EXPECT_EQ(joint.sequence, hub.ring(rings.number(shape)).next());
  EXPECT_EQ(joint.at.told.print(), at(10).told.print());
}

TEST_F(LogRingsTest, AGapIsBehindWhoStandsBeforeItUntilTheLogIsRemoved) {
  rings.open(shape, std::nullopt);
  now = at(10);
  rings.begin(now, {});
  const auto gap = hub.ring(rings.number(shape)).next();
  EXPECT_FALSE(rings.gap_behind(shape, gap));
  rings.publish(gap_frame({at(10).reached, at(12).reached, "rotated"}));
  now = at(12);
  publish(13, 14);
  EXPECT_TRUE(rings.gap_behind(shape, gap));
  EXPECT_FALSE(rings.gap_behind(shape, gap + 1));
  rings.publish_status(LogState::removed, {LogState::removed});
  EXPECT_FALSE(rings.gap_behind(shape, gap)) << "nobody knows better any more";
}

TEST_F(LogRingsTest, BehindRemovedTheOtherStreamMovesNobodyOn) {
  const Shape out{Form::batch, true, false};
  rings.open(out, std::nullopt);
  now = at(10);
  rings.begin(now, {});
  docker::Standpoint beside = now;
  beside.told.marks[1] = beside.reached.marks[1] = {11, 1};
  const auto next = [&] { return hub.ring(rings.number(out)).next(); };
  auto before = next();
  EXPECT_EQ(rings.joint(out, beside).sequence, before + 1) << "it moved";
  rings.publish_status(LogState::removed, {LogState::removed});
  before = next();
  beside.told.marks[1] = beside.reached.marks[1] = {12, 1};
  EXPECT_EQ(rings.joint(out, beside).sequence, before);
  EXPECT_EQ(next(), before);
}

TEST_F(LogRingsTest, WhoGoesOnFromASequenceIsTakenToKnowWhatWasSaidBeforeIt) {
  rings.open(shape, std::nullopt);
  rings.begin(now, {LogState::live});
  const auto stopped = hub.ring(rings.number(shape)).next();
  rings.publish_status(LogState::stopped, {LogState::stopped});
  rings.publish_status(LogState::source_down, {LogState::stopped, true});
  EXPECT_EQ(rings.standing(shape, stopped).state, LogState::live) << "the status itself is still to come";
  EXPECT_EQ(rings.standing(shape, stopped + 1).state, LogState::stopped);
  EXPECT_FALSE(rings.standing(shape, stopped + 1).source_down);
  EXPECT_TRUE(rings.standing(shape, stopped + 2).source_down);
}

TEST_F(LogRingsTest, OfStatusesLongPastOnlyWhereTheyLedToIsKept) {
  rings.open(shape, std::nullopt);
  rings.begin(now, {LogState::live});
  const auto first = hub.ring(rings.number(shape)).next();
  for (int i = 0; i < 100; ++i) {
    const bool stops = i % 2 == 0;
    const LogState state = stops ? LogState::stopped : LogState::live;
    rings.publish_status(state, {state});
  }
  const auto last = hub.ring(rings.number(shape)).next() - 1;
  EXPECT_EQ(rings.standing(shape, last).state, LogState::stopped);
  EXPECT_EQ(rings.standing(shape, last + 1).state, LogState::live);
  EXPECT_NE(rings.standing(shape, first + 1).state, LogState::unknown) << "a state that was told once";
}

TEST_F(LogRingsTest, ARingThatIsOpenedLaterBeginsWithWhatTheLogIsDoing) {
  rings.begin(now, {LogState::live});
  rings.publish_status(LogState::stopped, {LogState::stopped});
  rings.open(shape, now);
  EXPECT_EQ(rings.standing(shape, hub.ring(rings.number(shape)).next()).state, LogState::stopped);
}

}  // namespace
}  // namespace feeds
