// Signal: wakes the one coroutine that waits for it; a notification without a waiter is kept (once).
// The waiter goes on from the loop, never inside notify(), so that nobody is surprised in the middle of a change.
// Thread: one loop's.
#pragma once

#include <memory>
#include <optional>

#include "base/result.hpp"
#include "net/loop.hpp"

namespace net {

class Signal {
 public:
  explicit Signal(Loop& loop) : loop_(loop) {}
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;
  ~Signal() { CHECK(waiter_ == nullptr); }

  void notify() {
    raised_ = true;
    if (waiter_ != nullptr && !waiter_->wake_posted) {
      waiter_->wake_posted = true;
      loop_.post([alive = std::weak_ptr<Wait*>(waiter_->self)] {
        if (auto wait = alive.lock()) (*wait)->go_on();
      });
    }
  }

  class Wait {
   public:
    explicit Wait(Signal& signal) : signal_(signal) {}
    Wait(const Wait&) = delete;
    ~Wait() {
      if (signal_.waiter_ == this) signal_.waiter_ = nullptr;
    }
    bool await_ready() { return std::exchange(signal_.raised_, false); }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> handle) {
      CHECK(signal_.waiter_ == nullptr);
      signal_.waiter_ = this;
      parked_.park(handle);
    }
    void await_resume() {}

   private:
    friend class Signal;
    void go_on() {
      signal_.waiter_ = nullptr;
      signal_.raised_ = false;
      parked_.resume();
    }
    Signal& signal_;
    Parked parked_;
    std::shared_ptr<Wait*> self = std::make_shared<Wait*>(this);
    bool wake_posted = false;
  };
  [[nodiscard]] Wait wait() { return Wait(*this); }

 private:
  Loop& loop_;
  Wait* waiter_ = nullptr;
  bool raised_ = false;
};

// The task's result, or Fault::timed_out after `limit`, in which case the task is cancelled.
template <class T>
Task<base::Result<T>> with_deadline(Loop& loop, Duration limit, Task<base::Result<T>> work) {
  struct Outcome {
    static Task<void> run(Task<base::Result<T>> inner, std::optional<base::Result<T>>& out, Signal& done) {
      auto result = co_await std::move(inner);
      out.emplace(std::move(result));
      done.notify();
    }
  };
  Signal done(loop);
  std::optional<base::Result<T>> out;
  Job job(Outcome::run(std::move(work), out, done));
  if (!out) {
    Timer timer = loop.after(limit, [&done] { done.notify(); });
    co_await done.wait();
  }
  if (out) co_return std::move(*out);
  co_return base::Error{base::Fault::timed_out, "No answer within the deadline"};
}

}  // namespace net
