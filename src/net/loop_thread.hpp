// LoopThread: a real loop and the thread that runs it, from its construction to its end.
// What lives on the loop is made and ended on its thread, by call().
#pragma once

#include <functional>
#include <string>
#include <thread>

#include "net/asio_loop.hpp"

namespace net {

class LoopThread {
 public:
  explicit LoopThread(const std::string& name);  // as `top -H` shows it, cut to 15 characters
  ~LoopThread();                                 // what was posted before still runs
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  AsioLoop& loop() { return loop_; }
  // Runs `work` on the thread and waits for its end. Not from the thread itself.
  void call(std::function<void()> work);

 private:
  AsioLoop loop_;
  std::thread thread_;
};

}  // namespace net
