// LoopThread: a real loop and the thread that runs it, from start() to stop() or its end.
// What lives on the loop is made before it runs and ended after, or on its thread, by call().
#pragma once

#include <functional>
#include <string>
#include <thread>

#include "net/asio_loop.hpp"

namespace net {

class LoopThread {
 public:
  explicit LoopThread(std::string name);  // as `top -H` shows it, cut to 15 characters
  ~LoopThread() { stop(); }
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  AsioLoop& loop() { return loop_; }
  void start();  // once
  void stop();   // what was posted before still runs; waits for the thread
  // Runs `work` on the thread, which was started, and waits for its end. Not from the thread itself.
  void call(std::function<void()> work);

 private:
  const std::string name_;
  AsioLoop loop_;
  std::thread thread_;
};

}  // namespace net
