// Random logs, random reads: whatever is cut wherever, what arrives is the log, or a gap says what is missing.
// DOCKCAST_TEST_SEEDS and DOCKCAST_TEST_FROM choose other seeds than the first 150 (docs/log-cursor.md).
#include <gtest/gtest.h>

#include <cstdlib>

#include "docker/log_cursor.hpp"
#include "docker/log_model.hpp"

namespace docker {
namespace {

constexpr std::uint64_t seeds_usual = 150;
constexpr int broken_max = 10;

struct World {
  LogModel::Habits habits;
  bool rotates = false;
  bool follows = true;
  int cold_percent = 30;  // of the reads: somebody else takes over, from the printed position
};

struct Tally {
  std::uint64_t seeds = 0, reads = 0, wider = 0, later = 0, gaps = 0, needless = 0, clock_gaps = 0, lines = 0;
  // One seed is replayed, say: not everything needs to happen in it.
  bool few() const { return seeds < seeds_usual; }
};

class Reader {
 public:
  Reader(std::uint64_t seed, World world) : world_(world), log(seed, world.habits) {
    log.write(log.pick(400));
    if (world.rotates) log.write(40);  // from the very start on, nobody can tell whether something was rotated away
    from = log.pick(log.entries.size() + 1 - (world.rotates ? 20 : 0)) + (world.rotates ? 20 : 0);
    cursor.emplace(log.position_before(from), options());
  }

  LogCursor::Options options() const {
    LogCursor::Options chosen;
    chosen.rotates = world_.rotates;
    return chosen;
  }

  LogCursor::Verdict read(bool follow, bool to_the_end) {
    ++tally.reads;
    ReadPlan plan = cursor->begin(follow);
    std::size_t at = log.start_of(plan);
    std::size_t cut = at + log.pick(log.entries.size() - at + 1);
    std::size_t more = follow ? log.pick(100) : 0;
    auto step = LogCursor::Step::more;
    for (; step == LogCursor::Step::more; ++at) {
      if (at == log.entries.size() && more > 0)
        log.write(std::min<std::size_t>(more, 7)), more -= std::min<std::size_t>(more, 7);
      if (at == log.entries.size() || (!to_the_end && at == cut)) break;
      step = cursor->take(log.record(at), log.entries[at].time_ns, judge);
    }
    auto verdict = cursor->end(to_the_end || at == log.entries.size(), judge);
    tally.wider += verdict == LogCursor::Verdict::wider;
    tally.later += verdict == LogCursor::Verdict::later;
    return verdict;
  }

  void act() {
    log.write(log.pick(60));
    if (log.chance(3)) log.write(log.pick(3000));
    if (world_.rotates && log.chance(20)) log.rotate(log.pick(300));
    if (log.chance(world_.cold_percent)) {
      Position position = cursor->position();
      cursor.emplace(*Position::parse(position.print()), options());
    }
    const bool to_the_end = log.chance(50);  // drawn first, so that a seed is the same world with every compiler
    read(world_.follows && log.chance(40), to_the_end);
  }

  // Reads until nothing new comes, and asks the judge.
  std::string settle() {
    log.write(5);  // rotation happens when a record is written, so a log is never left empty by it
    log.finish_lines();
    for (int i = 0; i < 20; ++i)
      if (read(false, true) == LogCursor::Verdict::caught_up && cursor->fresh() == 0) break;
    if (cursor->open()) cursor->flush(judge);
    tally.gaps = judge.gaps;
    tally.clock_gaps = judge.clock_gaps;
    tally.needless = judge.needless_gaps(log);
    tally.lines = judge.events.size() - judge.gaps;
    return judge.judge(log, from, log.entries.size());
  }

  World world_;
  LogModel log;
  std::optional<LogCursor> cursor;
  LogJudge judge;
  std::size_t from;
  Tally tally;
};

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::stoull(text);
}

Tally run(World world) {
  Tally sum;
  const std::uint64_t first = setting("DOCKCAST_TEST_FROM", 1);
  int broken = 0;
  for (; sum.seeds < setting("DOCKCAST_TEST_SEEDS", seeds_usual) && broken < broken_max; ++sum.seeds) {
    const std::uint64_t seed = first + sum.seeds;
    Reader reader(seed, world);
    for (int i = 0; i < 25; ++i) reader.act();
    std::string wrong = reader.settle();
    EXPECT_EQ(wrong, "") << "seed " << seed;
    broken += wrong.empty() ? 0 : 1;
    sum.reads += reader.tally.reads;
    sum.wider += reader.tally.wider;
    sum.later += reader.tally.later;
    sum.gaps += reader.tally.gaps;
    sum.needless += reader.tally.needless;
    sum.clock_gaps += reader.tally.clock_gaps;
    sum.lines += reader.tally.lines;
  }
  return sum;
}

void show(const char* name, const Tally& tally) {
  std::printf("%s: %lu seeds, %lu lines in %lu reads, %lu wider, %lu later, %lu gaps, %lu needless, %lu of the clock\n",
              name, tally.seeds, tally.lines, tally.reads, tally.wider, tally.later, tally.gaps, tally.needless,
              tally.clock_gaps);
}

TEST(LogCursorProperty, WithoutRotationEveryLineComesOnce) {
  Tally tally = run({});
  show("plain", tally);
  EXPECT_EQ(tally.gaps, 0u);
  EXPECT_TRUE(tally.few() || tally.wider > 0);
}

TEST(LogCursorProperty, RotationIsToldAsGaps) {
  World world;
  world.rotates = true;
  Tally tally = run(world);
  show("rotation", tally);
  EXPECT_TRUE(tally.few() || tally.gaps > 0);
  EXPECT_TRUE(tally.few() || tally.needless * 20 < tally.gaps);
}

TEST(LogCursorProperty, AClockThatStepsLosesNothing) {
  World world;
  world.habits.step_permille = 10;
  Tally tally = run(world);
  show("steps", tally);
  EXPECT_EQ(tally.gaps, 0u);
}

TEST(LogCursorProperty, StepsAndRotationAreToldAsGaps) {
  World world;
  world.rotates = true;
  world.habits.step_permille = 5;
  Tally tally = run(world);
  show("steps and rotation", tally);
  EXPECT_TRUE(tally.few() || tally.gaps > 0);
  EXPECT_TRUE(tally.few() || tally.clock_gaps > 0);
}

}  // namespace
}  // namespace docker
