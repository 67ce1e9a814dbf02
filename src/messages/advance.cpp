#include "messages/advance.hpp"

#include "base/planted.hpp"

namespace messages {

Advance advance(Position& at, const Page& page) {
  Advance result;
  const State& state = page.state;
  if (Recovery recovery = recover(state, at); recovery.kind != Recovery::Kind::full) {
    if (recovery.kind == Recovery::Kind::none) {  // another data set: all that it has is new
      recovery.from = at;
      recovery.to = {state.top.epoch, state.oldest - 1};
    }
    at = recovery.to;
    const bool untold = (base::planted::message_untold_trim && recovery.reason == "trimmed") ||
                        (base::planted::message_untold_failover && recovery.reason == "failover");
    if (!untold) result.lost = std::move(recovery);
  }
  for (const Message& each : page.items) {
    if (each.position.offset <= at.offset) continue;
    if (each.position.offset != at.offset + 1) break;
    result.messages.push_back(&each);
    at = each.position;
  }
  result.at_end = at.offset == state.top.offset;
  if (result.at_end) at = state.top;  // an epoch may have ended there
  return result;
}

}  // namespace messages
