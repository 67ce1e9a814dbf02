#include "net/loop_thread.hpp"

#include <pthread.h>

#include <future>

#include "base/check.hpp"

namespace net {

LoopThread::LoopThread(std::string name) : name_(std::move(name)) {}

void LoopThread::start() {
  CHECK(!thread_.joinable());
  thread_ = std::thread([this] { loop_.run(); });
  pthread_setname_np(thread_.native_handle(), name_.substr(0, 15).c_str());
}

void LoopThread::stop() {
  if (!thread_.joinable()) return;
  loop_.stop();
  thread_.join();
}

void LoopThread::call(std::function<void()> work) {
  CHECK(thread_.joinable() && std::this_thread::get_id() != thread_.get_id());
  const auto done = std::make_shared<std::promise<void>>();  // shared: we may be woken before it has told us
  loop_.post([done, &work] {
    work();
    done->set_value();
  });
  done->get_future().wait();
}

}  // namespace net
