// Task<T>: a coroutine that is a value. It starts when it is awaited or given to a Job; destroying it at any point
// where it waits cancels it: the frame unwinds, what it owned is closed, and nothing is called back later.
//
// Asio's own coroutines cannot run in the simulated net, so these know nothing of any event loop. They belong to one
// loop's thread. Everything a coroutine can wait for derives from `Parked`, which knows the Job at the root: a Job that
// is cancelled by code it runs itself (directly or through a callback) ends at its next wait instead of under its own
// feet.
#pragma once

#include <algorithm>
#include <coroutine>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.hpp"

namespace net {

template <class T>
class Task;

// The root of a tree of tasks: what is running, and whether it was told to end.
struct JobState {
  std::coroutine_handle<> root;
  int depth = 0;  // how many resumptions of this job are on the stack
  bool cancelled = false;

  bool finished() const { return root && root.done(); }
  void destroy_root() {
    if (auto handle = std::exchange(root, nullptr)) handle.destroy();
  }
  void run(std::coroutine_handle<> handle) {
    ++depth;
    handle.resume();
    if (--depth == 0 && (cancelled || finished())) destroy_root();
  }
};

// A leaf of the tree: a suspended coroutine and the job that it belongs to. Lives inside an awaiter in the coroutine's
// frame, so it is gone when the coroutine is.
class Parked {
 public:
  template <class Promise>
  void park(std::coroutine_handle<Promise> handle) {
    handle_ = handle;
    job_ = handle.promise().job;
  }
  bool parked() const { return handle_ != nullptr; }

  // Goes on with the coroutine. The awaiter, and whatever owns the coroutine, may be gone when this returns.
  void resume() {
    auto handle = std::exchange(handle_, nullptr);
    CHECK(handle);
    const std::shared_ptr<JobState> job = job_;  // outlives the frame, and this
    job->run(handle);
  }

 private:
  std::coroutine_handle<> handle_;
  std::shared_ptr<JobState> job_;
};

namespace detail {

struct PromiseBase {
  std::shared_ptr<JobState> job;
  std::coroutine_handle<> parent;  // who awaits this one
  bool parent_parked = false;      // it was really suspended, so the end must resume it

  std::suspend_always initial_suspend() noexcept { return {}; }
  [[noreturn]] void unhandled_exception() noexcept {
    base::check_failed("an exception left a Task", __FILE__, __LINE__);
  }

  struct AtEnd {
    bool await_ready() noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> handle) noexcept {
      PromiseBase& promise = handle.promise();
      if (promise.parent_parked) promise.parent.resume();
    }
    void await_resume() noexcept {}
  };
  AtEnd final_suspend() noexcept { return {}; }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;

  Task<T> get_return_object();
  template <class U>
  void return_value(U&& from) {
    value.emplace(std::forward<U>(from));
  }
  T take() { return std::move(*value); }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object();
  void return_void() {}
  void take() {}
};

}  // namespace detail

template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  Task() = default;
  explicit Task(Handle handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      reset();
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  ~Task() { reset(); }

  // The child runs inside await_suspend, not by symmetric transfer: a child that ends at once leaves no stack behind,
  // even where the compiler does not turn the transfer into a jump (g++ without optimisation, sanitizers).
  struct Await {
    Handle child;
    bool await_ready() { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> parent) {
      auto& promise = child.promise();
      promise.job = parent.promise().job;
      promise.parent = parent;
      child.resume();
      if (child.done()) return false;
      promise.parent_parked = true;
      return true;
    }
    T await_resume() { return child.promise().take(); }
  };
  Await operator co_await() && {
    CHECK(handle_);
    return Await{handle_};
  }

 private:
  friend class Job;
  void reset() {
    if (auto handle = std::exchange(handle_, nullptr)) handle.destroy();
  }
  Handle handle_;
};

template <class T>
Task<T> detail::Promise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}
inline Task<void> detail::Promise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}

// The owner of a running root task. It runs at once until its first wait; the Job's end is the task's end.
class Job {
 public:
  Job() = default;
  explicit Job(Task<void> task) : state_(std::make_shared<JobState>()) {
    auto handle = std::exchange(task.handle_, nullptr);
    CHECK(handle);
    const std::shared_ptr<JobState> state = state_;
    state->root = handle;
    handle.promise().job = state;
    state->run(handle);
  }
  Job(Job&&) noexcept = default;
  Job& operator=(Job&& other) noexcept {
    if (this != &other) {
      cancel();
      state_ = std::move(other.state_);
    }
    return *this;
  }
  ~Job() { cancel(); }

  bool running() const { return state_ && state_->root && !state_->finished(); }
  void cancel() {
    if (auto state = std::exchange(state_, nullptr)) {
      state->cancelled = true;
      if (state->depth == 0) state->destroy_root();
    }
  }

 private:
  std::shared_ptr<JobState> state_;
};

// A bag of jobs that end with their owner; finished ones are swept when a new one comes.
class Jobs {
 public:
  void start(Task<void> task) {
    std::erase_if(jobs_, [](const Job& job) { return !job.running(); });
    Job job(std::move(task));
    if (job.running()) jobs_.push_back(std::move(job));
  }
  void cancel() { jobs_.clear(); }
  // How many run.
  std::size_t size() const {
    return static_cast<std::size_t>(
        std::count_if(jobs_.begin(), jobs_.end(), [](const Job& job) { return job.running(); }));
  }

 private:
  std::vector<Job> jobs_;
};

}  // namespace net
