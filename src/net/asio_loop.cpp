#include "net/asio_loop.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstring>
#include <mutex>
#include <vector>

#include "net/timer_queue.hpp"

namespace net {

namespace asio = boost::asio;

namespace {

std::uint64_t seed_from_kernel() {
  std::uint64_t seed = 0;
  std::memcpy(&seed, secret_bytes(sizeof seed).data(), sizeof seed);
  return seed;
}

}  // namespace

struct AsioLoop::Body {
  asio::io_context context{1};
  asio::steady_timer alarm{context};
  Instant alarm_at = Instant::max();  // for when it is set
  TimerQueue<Callback> timers;
  Random random{seed_from_kernel()};
  std::vector<Callback> draining;

  std::mutex mutex;
  std::vector<Callback> posted;  // by any thread, under `mutex`
};

AsioLoop::AsioLoop() : body_(std::make_unique<Body>()) {}

AsioLoop::~AsioLoop() {
  // The end of a call may post, and cancel timers, while the loop still stands.
  while (!body_->timers.empty()) body_->timers.pop();
  for (;;) {
    std::vector<Callback> last;
    {
      std::lock_guard lock(body_->mutex);
      last.swap(body_->posted);
    }
    if (last.empty()) break;
  }
}

Instant AsioLoop::now() const { return Instant(std::chrono::steady_clock::now().time_since_epoch()); }
WallTime AsioLoop::wall_now() const { return std::chrono::system_clock::now(); }
Random& AsioLoop::random() { return body_->random; }
asio::io_context& AsioLoop::context() { return body_->context; }

Timer AsioLoop::after(Duration delay, Callback call) {
  const std::uint64_t id = body_->timers.add(now() + delay, std::move(call));
  if (body_->timers.next() < body_->alarm_at) set_alarm();
  return Timer(*this, id);
}

// The alarm stays as it was set: ringing once in vain is cheaper than setting it back each time.
void AsioLoop::cancel(std::uint64_t timer) { body_->timers.take_back(timer); }

void AsioLoop::set_alarm() {
  body_->alarm_at = body_->timers.next();
  body_->alarm.expires_at(std::chrono::steady_clock::time_point(body_->alarm_at.time_since_epoch()));
  body_->alarm.async_wait([this](const boost::system::error_code& error) {
    if (!error) on_alarm();
  });
}

void AsioLoop::on_alarm() {
  body_->alarm_at = Instant::max();
  const Instant until = now();  // what these calls add is for the next turn
  while (!body_->timers.empty() && body_->timers.next() <= until) body_->timers.pop().item();
  if (!body_->timers.empty() && body_->timers.next() < body_->alarm_at) set_alarm();
}

void AsioLoop::post(Callback call) {
  bool first = false;
  {
    std::lock_guard lock(body_->mutex);
    first = body_->posted.empty();
    body_->posted.push_back(std::move(call));
  }
  if (first) asio::post(body_->context, [this] { drain(); });
}

void AsioLoop::drain() {
  {
    std::lock_guard lock(body_->mutex);
    body_->draining.swap(body_->posted);
  }
  for (Callback& waiting : body_->draining) {
    Callback call = std::move(waiting);
    call();
  }
  body_->draining.clear();
}

void AsioLoop::run() {
  const auto guard = asio::make_work_guard(body_->context);
  body_->context.run();
  body_->context.restart();
}

void AsioLoop::stop() {
  post([this] { body_->context.stop(); });
}

bool AsioLoop::run_until(const std::function<bool()>& done, Duration limit) {
  const auto guard = asio::make_work_guard(body_->context);
  bool late = false;
  const Timer timer = after(limit, [&late] { late = true; });
  while (!done() && !late) body_->context.run_one();
  return done();
}

}  // namespace net
