// Loop: one thread's clock, timers and queue. The seam between us and time: nobody else reads a clock.
// Implementations: AsioLoop (asio_loop.hpp), SimLoop (sim_loop.hpp, virtual time).
// Thread: everything but post() belongs to the loop's own thread.
#pragma once

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <utility>

#include "base/callback.hpp"
#include "net/task.hpp"

namespace net {

using Duration = std::chrono::nanoseconds;
struct Monotonic {  // not a std clock: only a Loop can tell what time it is
  using duration = Duration;
};
using Instant = std::chrono::time_point<Monotonic, Duration>;  // monotonic, of this process
using WallTime = std::chrono::sys_time<Duration>;              // may step
using Callback = base::Callback<void()>;

class Loop;
class Random;

// A pending call; its end cancels the call. A default one is empty.
class Timer {
 public:
  Timer() = default;
  Timer(Loop& loop, std::uint64_t id) : loop_(&loop), id_(id) {}
  Timer(Timer&& other) noexcept : loop_(std::exchange(other.loop_, nullptr)), id_(other.id_) {}
  Timer& operator=(Timer&& other) noexcept {
    if (this != &other) {
      cancel();
      loop_ = std::exchange(other.loop_, nullptr);
      id_ = other.id_;
    }
    return *this;
  }
  ~Timer() { cancel(); }
  void cancel();

 private:
  Loop* loop_ = nullptr;
  std::uint64_t id_ = 0;
};

class Loop {
 public:
  virtual ~Loop() = default;

  virtual Instant now() const = 0;
  virtual WallTime wall_now() const = 0;
  [[nodiscard]] virtual Timer after(Duration delay, Callback call) = 0;
  // Runs `call` on this loop's thread, after what was posted before. The only member for any thread. Never inline.
  virtual void post(Callback call) = 0;
  virtual Random& random() = 0;

  class Sleep;
  Sleep sleep(Duration duration);

 private:
  friend class Timer;
  virtual void cancel(std::uint64_t timer) = 0;  // a timer that has fired is ignored
};

inline void Timer::cancel() {
  if (auto* loop = std::exchange(loop_, nullptr)) loop->cancel(id_);
}

// co_await loop.sleep(1s)
class Loop::Sleep {
 public:
  Sleep(Loop& loop, Duration duration) : loop_(loop), duration_(duration) {}
  bool await_ready() const { return false; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> handle) {
    parked_.park(handle);
    timer_ = loop_.after(duration_, [this] { parked_.resume(); });
  }
  void await_resume() {}

 private:
  Loop& loop_;
  Duration duration_;
  Parked parked_;
  Timer timer_;
};
inline Loop::Sleep Loop::sleep(Duration duration) { return Sleep(*this, duration); }

}  // namespace net
