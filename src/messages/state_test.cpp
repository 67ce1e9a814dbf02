#include "messages/state.hpp"

#include <gtest/gtest.h>

namespace messages {
namespace {

using Kind = Recovery::Kind;

// Offsets to 60 were given in epoch 1, to 90 in epoch 2, to 100 in epoch 3, which is now.
State state(std::uint64_t oldest) { return {.top = {3, 100}, .oldest = oldest, .past = {{2, 90}, {1, 60}}}; }

struct Case {
  const char* name;
  State state;
  Position asked;
  Recovery recovery;
};

Recovery full(std::uint64_t after) { return {.after = after}; }
Recovery none(std::uint64_t after) { return {.kind = Kind::none, .reason = "recreated", .after = after}; }
Recovery partial(const char* reason, Position from, Position to) {
  return {.kind = Kind::partial, .reason = reason, .from = from, .to = to, .after = to.offset};
}

class RecoveryTable : public ::testing::TestWithParam<Case> {};

TEST_P(RecoveryTable, EachPositionComesToOneThing) {
  const Recovery got = recover(GetParam().state, GetParam().asked);
  EXPECT_EQ(got, GetParam().recovery) << got.reason << " (" << got.from.print() << ", " << got.to.print() << "] after "
                                      << got.after;
}

INSTANTIATE_TEST_SUITE_P(
    , RecoveryTable,
    ::testing::Values(
        Case{"AllIsThere", state(1), {3, 95}, full(95)}, Case{"AtTheTop", state(1), {3, 100}, full(100)},
        Case{"AtTheTopOfWhatIsAllGone", state(101), {3, 100}, full(100)},
        Case{"JustBeforeTheOldest", state(96), {3, 95}, full(95)},
        Case{"Trimmed", state(98), {3, 95}, partial("trimmed", {3, 95}, {3, 97})},
        Case{"AllIsTrimmed", state(101), {3, 95}, partial("trimmed", {3, 95}, {3, 100})},
        Case{"OffsetZero", state(1), {3, 0}, full(0)},
        Case{"OffsetZeroTrimmed", state(20), {3, 0}, partial("trimmed", {3, 0}, {1, 19})},
        Case{"ThePastEpochWhole", state(1), {2, 90}, full(90)}, Case{"AnOlderEpochWhole", state(1), {1, 60}, full(60)},
        Case{"BeyondThePastEpoch", state(1), {2, 93}, partial("failover", {2, 93}, {3, 90})},
        Case{"BeyondThePastEpochByOne", state(1), {2, 91}, partial("failover", {2, 91}, {3, 90})},
        Case{"BeyondAnOlderEpoch", state(1), {1, 75}, partial("failover", {1, 75}, {2, 60})},
        Case{"BeyondAPastEpochAndTrimmed", state(99), {1, 75}, partial("failover", {1, 75}, {3, 98})},
        Case{"BeyondAnOlderEpochAndTrimmedToThePast", state(81), {1, 75}, partial("failover", {1, 75}, {2, 80})},
        Case{"ThePastTrimmed", state(81), {1, 40}, partial("trimmed", {1, 40}, {2, 80})},
        Case{"TrimmedExactlyToTheEndOfAnEpoch", state(91), {1, 40}, partial("trimmed", {1, 40}, {2, 90})},
        Case{"BeyondTheEnd", state(1), {3, 101}, none(100)}, Case{"UnknownEpoch", state(1), {4, 50}, none(100)},
        Case{"AfterAFlush", {.top = {7, 0}, .oldest = 1, .past = {}}, {3, 100}, none(0)},
        Case{"ZeroAfterAFlush", {.top = {7, 0}, .oldest = 1, .past = {}}, {3, 0}, none(0)},
        Case{"NothingWasEverPublished", {.top = {7, 0}, .oldest = 1, .past = {}}, {7, 0}, full(0)},
        // Two restarts with nothing published between them.
        Case{"BeyondAnEpochThatWasFollowedByAnEmptyOne",
             {.top = {9, 60}, .oldest = 1, .past = {{8, 60}, {1, 60}}},
             {1, 70},
             partial("failover", {1, 70}, {8, 60})},
        Case{"WhereThatLeads", {.top = {9, 60}, .oldest = 1, .past = {{8, 60}, {1, 60}}}, {8, 60}, full(60)}),
    [](const auto& each) { return std::string(each.param.name); });

// Whoever goes on from where a partial recovery leads misses nothing more.
TEST(Recovery, WhereAPartialOneLeadsIsAWholePosition) {
  for (std::uint64_t oldest = 1; oldest <= 101; ++oldest)
    for (std::uint64_t epoch = 1; epoch <= 3; ++epoch)
      for (std::uint64_t offset = 0; offset <= 110; ++offset) {
        const Recovery first = recover(state(oldest), {epoch, offset});
        if (first.kind != Kind::partial) continue;
        EXPECT_EQ(recover(state(oldest), first.to), full(first.after)) << oldest << ' ' << epoch << ':' << offset;
      }
}

TEST(Missing, is_counted_where_both_ends_are_of_one_epoch_and_in_order) {
  EXPECT_EQ(missing({Recovery::Kind::partial, "trimmed", {7, 3}, {7, 8}, 8}), 5U);
  EXPECT_FALSE(missing({Recovery::Kind::partial, "failover", {7, 3}, {9, 8}, 8}));
  EXPECT_FALSE(missing({Recovery::Kind::none, "recreated", {7, 100}, {7, 0}, 5})) << "asked for beyond the end";
}

}  // namespace
}  // namespace messages
