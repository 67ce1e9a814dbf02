#include "docker/log_landmark.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace docker {
namespace {

using Known = LogLandmark::Known;

constexpr LogStream out = LogStream::out, err = LogStream::err;

Position at(LogStream head, const Mark& out_mark, const Mark& err_mark, std::int64_t stepped_ns = 0) {
  Position position;
  position.marks = {out_mark, err_mark};
  position.head = head;
  position.stepped_ns = stepped_ns;
  return position;
}

// One read, as somebody shows it who counts from the marks that are given.
class Reading {
 public:
  Reading(LogLandmark& landmark, const LogLandmark::Marks& seen) : landmark_(landmark), seen_(seen) {
    landmark.begin();
  }

  // Whether the cursor is to count as the landmark does.
  bool record(LogStream stream, std::int64_t time_ns) {
    const LogRecord record{stream, time_ns, "x\n"};
    landmark_.take(record);
    Mark& seen = seen_[index_of(stream)];
    seen = seen.next(time_ns);
    const Line line{stream, false, time_ns, seen, "x"};
    withheld = landmark_.withhold(line);
    const bool counts_on = landmark_.meet(seen_);
    landmark_.note_late(record);
    return counts_on;
  }
  // A piece of a line that goes on.
  void piece(LogStream stream, std::int64_t time_ns) {
    const std::string payload(piece_bytes, 'x');
    landmark_.take({stream, time_ns, payload});
    Mark& seen = seen_[index_of(stream)];
    seen = seen.next(time_ns);
  }
  bool withheld = false;  // the last record's line

 private:
  LogLandmark& landmark_;
  LogLandmark::Marks seen_;
};

TEST(LogLandmark, LooksForNothingUnlessItIsTold) {
  LogLandmark none;
  Reading reading(none, {});
  EXPECT_FALSE(reading.record(out, 5));
  EXPECT_FALSE(reading.withheld);
  EXPECT_FALSE(none.end_of_log());
  EXPECT_FALSE(none.is_end() || none.met() || none.unclear() || none.further_back(Position{}));
  const Position gap = at(out, {9, 1}, {7, 1});
  EXPECT_EQ(none.clip(Position{}, gap), gap);
}

// The clock went back from 16 to 11: ours are the marks of one who began behind that.
TEST(LogLandmark, OfOneThatIsOnlySoughtTheReckoningIsTakenWhereItIsMet) {
  LogLandmark sought(at(out, {16, 2}, {12, 1}, 13));
  Reading reading(sought, {});
  EXPECT_FALSE(reading.record(out, 11));
  EXPECT_TRUE(sought.further_back(at(out, {11, 1}, {}))) << "it was not met";
  EXPECT_TRUE(reading.record(out, 13));
  EXPECT_TRUE(sought.met());
  EXPECT_EQ(sought.sight().seen(out), (Mark{16, 2}));
  EXPECT_FALSE(reading.record(out, 14)) << "it is taken once";
  EXPECT_FALSE(sought.further_back(at(out, {16, 3}, {})));
  sought.begin();
  EXPECT_FALSE(sought.met()) << "in each read anew";
}

TEST(LogLandmark, ByMarksNothingBehindTheEndIsDelivered) {
  LogLandmark end(at(out, {12, 1}, {11, 1}), at(out, {10, 1}, {}), Known::by_marks);
  Reading reading(end, {});
  for (const std::int64_t time : {11, 12, 13}) {
    EXPECT_FALSE(reading.record(out, time)) << "marks are those of the end already";
    EXPECT_EQ(reading.withheld, time == 13);
  }
  EXPECT_FALSE(reading.record(err, 11));
  EXPECT_FALSE(reading.withheld) << "what is stamped before the end is due";
  EXPECT_FALSE(end.awaited() || end.guessed() || end.unclear());
}

TEST(LogLandmark, BySightMarksSayNothingBeforeTheEndIsMet) {
  LogLandmark end(at(out, {13, 1}, {}), at(out, {16, 1}, {}), Known::by_sight);
  EXPECT_TRUE(end.awaited());
  Reading reading(end, {Mark{16, 1}, Mark{}});
  EXPECT_FALSE(reading.record(out, 11));
  EXPECT_FALSE(reading.withheld) << "though its mark is behind the end's";
  EXPECT_TRUE(end.awaited());
  EXPECT_TRUE(reading.record(out, 13));
  EXPECT_TRUE(end.met());
  EXPECT_FALSE(end.awaited());
}

TEST(LogLandmark, AnEndThatSeemsToLieBeforeTheStartIsAwaitedUnlessItIsABound) {
  const Position start = at(out, {16, 1}, {});
  EXPECT_TRUE(LogLandmark(at(out, {13, 1}, {}), start, Known::untold).awaited());
  EXPECT_FALSE(LogLandmark(at(out, {17, 1}, {}), start, Known::untold).awaited());
  const LogLandmark bound(at(out, {13, 0}, {}), start, Known::untold);
  EXPECT_FALSE(bound.awaited()) << "no record shows it";
  EXPECT_EQ(bound.known(), Known::by_marks);
}

// Ours are the full marks: behind the step all of them lie behind a late end.
TEST(LogLandmark, WithholdsOnAGuessUntilTheEndIsMetBehindItsPlaceByMarks) {
  LogLandmark end(at(out, {12, 1}, {}), at(out, {10, 1}, {}), Known::untold);
  Reading reading(end, {Mark{16, 1}, Mark{}});
  EXPECT_FALSE(reading.record(out, 11));
  EXPECT_TRUE(reading.withheld);
  EXPECT_TRUE(end.guessed());
  EXPECT_FALSE(reading.record(out, 12));
  EXPECT_TRUE(end.unclear());
  EXPECT_EQ(end.known(), Known::by_sight);
  EXPECT_FALSE(end.guessed());
}

// The line that is open at the end is stamped behind all that was before the step, and is called alike by both.
TEST(LogLandmark, AnEndWithinALineIsKnownBySightWhereTheLinesBeforeItWereNotCalledAlike) {
  LogLandmark end(at(out, {17, 1}, {14, 1}), at(out, {10, 1}, {15, 5}), Known::untold);
  Reading reading(end, {Mark{10, 1}, Mark{15, 5}});
  reading.record(err, 14);
  EXPECT_TRUE(reading.withheld);
  reading.piece(err, 16);
  reading.record(out, 17);
  EXPECT_EQ(end.sight().seen(err), (Mark{16, 1}));
  EXPECT_TRUE(end.unclear());
  EXPECT_EQ(end.known(), Known::by_sight);
}

TEST(LogLandmark, AnEndThatIsCountedAlikeBehindAGuessIsKnownByMarks) {
  LogLandmark end(at(out, {12, 1}, {11, 1}), at(out, {10, 1}, {}), Known::untold);
  Reading reading(end, {});
  reading.record(err, 11);
  EXPECT_FALSE(reading.withheld);
  reading.record(err, 13);
  EXPECT_TRUE(reading.withheld) << "behind the end, but for all we know";
  reading.record(out, 11);
  EXPECT_TRUE(reading.withheld) << "nor anything after it";
  EXPECT_FALSE(end.unclear());
  EXPECT_FALSE(end.end_of_log());
  EXPECT_TRUE(end.unclear()) << "the log ended, and the end was not met: the last one was due";
  EXPECT_EQ(end.known(), Known::by_marks);
}

// Somebody was told a line of the other stream behind one that follows it in the log.
TEST(LogLandmark, ALineThatWasToldLateShowsItselfOrNeverComes) {
  const Position told = at(out, {12, 1}, {14, 1});
  for (const bool comes : {true, false}) {
    LogLandmark end(told, at(out, {10, 1}, {}), Known::untold), sought(told);
    for (LogLandmark* landmark : {&end, &sought}) {
      Reading reading(*landmark, {});
      EXPECT_FALSE(reading.record(out, 12));
      EXPECT_TRUE(landmark->met());
      EXPECT_FALSE(landmark->unclear()) << "it is waited for";
      if (comes) reading.record(err, 14);
      EXPECT_EQ(landmark->end_of_log(), landmark == &sought && !comes) << "else the reckoning is ours";
    }
    EXPECT_TRUE(end.unclear());
    EXPECT_EQ(end.known(), comes ? Known::by_marks : Known::by_sight);
    EXPECT_FALSE(sought.unclear());
  }
}

TEST(LogLandmark, AGapGoesNoFurtherThanTheEndAndMayLeadThere) {
  const Position until = at(out, {15, 2}, {17, 1}), from = at(err, {12, 1}, {13, 1});
  LogLandmark end(until, from, Known::by_sight);
  EXPECT_EQ(end.clip(from, at(err, {20, 0}, {14, 0})), at(err, {15, 2}, {14, 0}));
  EXPECT_EQ(end.clip(from, at(err, {11, 0}, {11, 0})).marks, from.marks) << "marks never go back";
  EXPECT_TRUE(end.awaited());
  EXPECT_EQ(end.clip(from, at(err, {20, 0}, {20, 0})), until);
  EXPECT_FALSE(end.awaited()) << "it leads there";
}

}  // namespace
}  // namespace docker
