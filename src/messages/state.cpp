#include "messages/state.hpp"

#include <algorithm>

#include "base/planted.hpp"

namespace messages {
namespace {

// The position of an offset that was given already: in the epoch in which that was.
Position position_of(const State& state, std::uint64_t offset) {
  std::uint64_t epoch = state.top.epoch;
  for (const State::Past& past : state.past) {
    if (offset > past.until) break;
    epoch = past.epoch;
  }
  return {epoch, offset};
}

Recovery partial(const State& state, const Position& asked, std::string reason, const Position& to) {
  Recovery recovery{Recovery::Kind::partial, std::move(reason), asked, to, to.offset};
  if (to.offset + 1 < state.oldest) {  // what it would go on with is gone, too
    recovery.to = position_of(state, state.oldest - (base::planted::message_gap_too_far ? 0 : 1));
    recovery.after = recovery.to.offset;
  }
  return recovery;
}

}  // namespace

Recovery recover(const State& state, const Position& asked) {
  const Recovery none{Recovery::Kind::none, "recreated", {}, {}, state.top.offset};
  std::uint64_t until = state.top.offset, next = state.top.epoch;
  if (asked.epoch != state.top.epoch) {
    const auto past = std::find_if(state.past.begin(), state.past.end(),
                                   [&asked](const State::Past& each) { return each.epoch == asked.epoch; });
    if (past == state.past.end()) return none;
    until = past->until;
    if (past != state.past.begin()) next = std::prev(past)->epoch;
    if (asked.offset > until) return partial(state, asked, "failover", {next, until});
  }
  if (asked.offset > until) return none;
  if (asked.offset + 1 < state.oldest) return partial(state, asked, "trimmed", asked);
  return {Recovery::Kind::full, {}, {}, {}, asked.offset};
}

}  // namespace messages
