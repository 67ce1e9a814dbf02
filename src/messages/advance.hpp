// advance: how somebody who stands in a channel goes on through a page of it. Pure.
#pragma once

#include <optional>
#include <vector>

#include "messages/store.hpp"

namespace messages {

struct Advance {
  std::optional<Recovery> lost;          // before the messages; partial or none
  std::vector<const Message*> messages;  // of the page: the next ones, in order
  bool at_end = false;                   // nothing lies behind them, as far as the page knows
};

// `at` is where it stands, and then where it goes on from. A page that was read from elsewhere than where it goes on
// (since that was not known before it was read) has no messages for it, and is not the end.
Advance advance(Position& at, const Page& page);

}  // namespace messages
