#include "net/gate.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <string>

#include "net/random.hpp"

namespace net {
namespace {

// Posts run when the test says so.
struct HandLoop final : Loop {
  Instant now() const override { return {}; }
  WallTime wall_now() const override { return {}; }
  Timer after(Duration, Callback call) override {
    timers.emplace(++last, std::move(call));
    return {*this, last};
  }
  void post(Callback call) override { posts.push_back(std::move(call)); }
  Random& random() override { return chance; }
  void cancel(std::uint64_t timer) override { timers.erase(timer); }
  void run() {
    for (; !posts.empty(); posts.pop_front()) posts.front()();
  }
  void fire() {
    while (!timers.empty()) timers.extract(timers.begin()).mapped()();
    run();
  }
  std::deque<Callback> posts;
  std::map<std::uint64_t, Callback> timers;
  std::uint64_t last = 0;
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

Task<void> try_to_visit(Gate& gate, std::string& said) {
  const auto place = co_await gate.enter_within(std::chrono::seconds(1));
  said += place ? "in" : place.error().fault == base::Fault::timed_out ? "late" : "many";
}

TEST(Gate, WhoComesWhenTooManyWaitIsToldSoAndWhoWaitsTooLongToo) {
  HandLoop loop;
  Gate gate(loop, 1, 2);
  std::string said, first, second, third;
  Signal leave(loop);
  Job a(visit(gate, said, 'a', leave)), b(try_to_visit(gate, first)), c(try_to_visit(gate, second));
  Job d(try_to_visit(gate, third));
  loop.run();
  EXPECT_EQ(third, "many");
  loop.fire();
  EXPECT_EQ(first, "late");
  EXPECT_EQ(second, "late");
  EXPECT_EQ(gate.waiting(), 0U);
  Job e(try_to_visit(gate, said));
  leave.notify();
  loop.run();
  EXPECT_EQ(said, "ain");
}

}  // namespace
}  // namespace net
