#include "net/task.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/result.hpp"

namespace net {
namespace {

// A wait that the test ends by hand, and a witness of the frame's end.
struct Gate {
  Parked* parked = nullptr;
  struct Wait {
    Gate& gate;
    Parked parked = {};
    ~Wait() {
      if (gate.parked == &parked) gate.parked = nullptr;
    }
    bool await_ready() { return false; }
    template <class P>
    void await_suspend(std::coroutine_handle<P> handle) {
      parked.park(handle);
      gate.parked = &parked;
    }
    void await_resume() {}
  };
  Wait wait() { return Wait{*this}; }
  void open() { std::exchange(parked, nullptr)->resume(); }
};

struct Witness {
  std::string& said;
  ~Witness() { said += " end"; }
};

Task<int> doubled(Gate& gate, int n) {
  co_await gate.wait();
  co_return n * 2;
}

Task<void> twice(Gate& gate, std::string& said) {
  Witness witness{said};
  said += std::to_string(co_await doubled(gate, 2));
  said += std::to_string(co_await doubled(gate, 4));
}

TEST(Task, RunsThroughItsChildrenAndEndsWithItsFrame) {
  Gate gate;
  std::string said;
  Job job(twice(gate, said));
  EXPECT_TRUE(job.running());
  gate.open();
  EXPECT_EQ(said, "4");
  gate.open();
  EXPECT_EQ(said, "48 end");
  EXPECT_FALSE(job.running());
}

TEST(Task, CancellingUnwindsEveryFrameAndForgetsTheWait) {
  Gate gate;
  std::string said;
  {
    Job job(twice(gate, said));
    EXPECT_NE(gate.parked, nullptr);
  }
  EXPECT_EQ(said, " end");
  EXPECT_EQ(gate.parked, nullptr);
}

Task<void> cancels_itself(Gate& gate, Job& job, std::string& said) {
  Witness witness{said};
  co_await gate.wait();
  job.cancel();
  said += "still here";
  co_await gate.wait();
  said += "never";
}

TEST(Task, AJobThatIsCancelledFromWithinEndsAtItsNextWait) {
  Gate gate;
  std::string said;
  Job job;
  job = Job(cancels_itself(gate, job, said));
  gate.open();
  EXPECT_EQ(said, "still here end");
}

Task<int> at_once(int n) { co_return n; }
Task<void> many(int& sum) {
  for (int i = 0; i < 1'000'000; ++i) sum += co_await at_once(1);
}

TEST(Task, AMillionChildrenThatEndAtOnceNeedNoStack) {
  int sum = 0;
  Job job(many(sum));
  EXPECT_EQ(sum, 1'000'000);
  EXPECT_FALSE(job.running());
}

}  // namespace
}  // namespace net
