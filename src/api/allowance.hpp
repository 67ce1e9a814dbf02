// Allowance: how much a session may still say. A token bucket in one word: what is said costs time, a credit of which
// refills as time passes; the word is the instant until which the credit is spent (GCRA). Who says more than the credit
// holds is told so (`over`), who goes on for another second's worth is `flooding`.
//
// One for commands and pings together, each with a cost of its own: 1 s divided by how many a second are allowed; and
// one for what is said to others, beyond which it is only refused (`take`).
#pragma once

#include <algorithm>
#include <cstdint>

#include "net/loop.hpp"

namespace api {

class Allowance {
 public:
  enum class Verdict : std::uint8_t { fine, over, flooding };

  Verdict spend(net::Instant now, net::Duration cost, net::Duration credit) {
    spent_until_ = std::max(spent_until_, now) + cost;
    const net::Duration spent = spent_until_ - now;
    if (spent <= credit) return Verdict::fine;
    return spent <= credit + grace ? Verdict::over : Verdict::flooding;
  }

  // What is refused costs nothing.
  bool take(net::Instant now, net::Duration cost, net::Duration credit) {
    const net::Instant spent_until = std::max(spent_until_, now) + cost;
    if (spent_until - now > credit) return false;
    spent_until_ = spent_until;
    return true;
  }

 private:
  static constexpr net::Duration grace = std::chrono::seconds(1);
  net::Instant spent_until_{};
};
static_assert(sizeof(Allowance) == 8);

}  // namespace api
