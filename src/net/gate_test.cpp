#include "net/gate.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "net/random.hpp"

namespace net {
namespace {

// Posts run when the test says so.
struct HandLoop final : Loop {
  Instant now() const override { return {}; }
  WallTime wall_now() const override { return {}; }
  Timer after(Duration, Callback) override { return {}; }
  void post(Callback call) override { posts.push_back(std::move(call)); }
  Random& random() override { return chance; }
  void cancel(std::uint64_t) override {}
  void run() {
    for (; !posts.empty(); posts.pop_front()) posts.front()();
  }
  std::deque<Callback> posts;
  Random chance{1};
};

Task<void> visit(Gate& gate, std::string& said, char name, Signal& leave) {
  const Gate::Place place = co_await gate.enter();
  said += name;
  co_await leave.wait();
}

TEST(Gate, LetsTheNextInWhenOneLeaves) {
  HandLoop loop;
  Gate gate(loop, 1);
  std::string said;
  Signal leave_a(loop), leave_b(loop);
  Job a(visit(gate, said, 'a', leave_a)), b(visit(gate, said, 'b', leave_b));
  loop.run();
  EXPECT_EQ(said, "a");
  EXPECT_EQ(gate.waiting(), 1U);
  leave_a.notify();
  loop.run();
  EXPECT_EQ(said, "ab");
}

TEST(Gate, WhoGivesUpWaitingHoldsNobodyUp) {
  HandLoop loop;
  Gate gate(loop, 1);
  std::string said;
  Signal leave_a(loop), leave_b(loop), leave_c(loop);
  Job a(visit(gate, said, 'a', leave_a)), b(visit(gate, said, 'b', leave_b)), c(visit(gate, said, 'c', leave_c));
  b.cancel();
  leave_a.notify();
  loop.run();
  EXPECT_EQ(said, "ac");
}

}  // namespace
}  // namespace net
