// The part of LogReader that polls: where a follow is only a doorbell.
#include <algorithm>

#include "docker/log_reader.hpp"

namespace docker {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t few_for_poll = 64;  // new records of a read: polling must keep up with rotation
constexpr net::Duration poll_least = 20ms, poll_most = 200ms;
constexpr net::Duration silence_most = 30s;

}  // namespace

// The follow says only that something was written: before 23.0 it loses and repeats lines where the log rotates, and
// may stay deaf afterwards. So silence is not believed for long: the caller looks for itself, and opens another one.
net::Task<base::Result<void>> LogReader::poll() {
  LogQuery query;
  query.tail = 0;
  query.follow = true;
  auto bell = co_await client_.logs(source_.container.id, query);
  if (!bell) co_return bell.error();
  sink_.on_state(LogEvent::live);
  ++counts_.follows;
  bool rung = true, over = false;
  net::Job ringing(ring(std::move(*bell), rung, over));
  net::Duration pause = poll_least;
  while (!over) {
    const bool silent = co_await silence(rung, over);
    if (silent) break;
    rung = false;
    auto read = co_await catch_up(few_for_poll);
    if (!read) co_return read.error();
    pause = rung ? std::min<net::Duration>(pause * 2, poll_most) : poll_least;
    co_await loop_.sleep(pause);
  }
  co_return base::Result<void>();
}

// True: neither flag was raised in time.
net::Task<bool> LogReader::silence(const bool& rung, const bool& over) {
  bool late = false;
  net::Timer timer = loop_.after(silence_, [this, &late] {
    late = true;
    woken_.notify();
  });
  while (!rung && !over && !late) co_await woken_.wait();
  if (rung || over) co_return false;
  silence_ = std::min<net::Duration>(silence_ * 2, silence_most);
  co_return true;
}

net::Task<void> LogReader::ring(std::unique_ptr<http::Body> bell, bool& rung, bool& over) {
  for (;;) {
    auto bytes = co_await bell->next();
    rung = true;
    over = !bytes || bytes->empty();
    woken_.notify();
    if (over) co_return;
  }
}

}  // namespace docker
