// For tests of what needs a loop, but neither time nor posts: time stands still, and a post is a failure.
#pragma once

#include <gtest/gtest.h>

#include "net/loop.hpp"
#include "net/random.hpp"

namespace net {

struct StillLoop : Loop {
  Instant now() const override { return Instant(std::chrono::seconds(1)); }
  WallTime wall_now() const override { return {}; }
  Timer after(Duration, Callback) override { return {}; }
  void post(Callback) override { ADD_FAILURE() << "nothing is posted here"; }
  Random& random() override { return chance; }
  void cancel(std::uint64_t) override {}
  Random chance{1};
};

}  // namespace net
