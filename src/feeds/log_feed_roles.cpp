// LogFeed's roles: how an instance comes to read a log, goes on reading it, and stops.
#include "base/log.hpp"
#include "base/planted.hpp"
#include "feeds/log_feed.hpp"
#include "net/random.hpp"

namespace feeds {
namespace {

using namespace std::chrono_literals;

constexpr net::Duration join_wait_max = 2s;     // for the bus; then we begin without it
constexpr net::Duration retry = 250ms;          // of a lease that somebody silent still holds
constexpr net::Duration retry_released = 20ms;  // of one whose owner has said that it goes
constexpr int backfill_tries = 4;               // of a read that ends before what a frame has shown to exist

net::Duration jitter(net::Loop& loop, net::Duration most) {
  return net::Duration(static_cast<std::int64_t>(loop.random().unit() * static_cast<double>(most.count())));
}

}  // namespace

bool passing(const base::Error& error) {
  switch (error.fault) {
    case base::Fault::not_found:
    case base::Fault::unsupported:
    case base::Fault::bad_request:
      return false;
    default:
      return true;
  }
}

net::Task<void> LogFeed::nap(net::Duration most) {
  net::Timer timer = loop_.after(most, [this] { changed_.notify(); });
  co_await changed_.wait();
}

net::Task<void> LogFeed::run() {
  const bool joined = co_await join();
  while (joined) co_await relay();  // g++ 12 miscompiles an endless for with nothing else in it
}

// Follows the bus, waits for its word, then asks Docker where the log stands: nothing can fall between.
net::Task<bool> LogFeed::join() {
  following_ = shared_.parts.bus.follow(name_, *this);
  const net::Instant deadline = loop_.now() + join_wait_max;
  while (!followed_ && loop_.now() < deadline && shared_.parts.bus.state() != bus::State::down)
    co_await nap(deadline - loop_.now());
  for (net::Duration pause = 100ms;; pause = std::min<net::Duration>(pause * 2, 10s)) {
    auto container = co_await shared_.parts.engine.inspect(container_.id);
    if (container) {
      container_ = std::move(*container);
      auto present = co_await docker::read_present(shared_.parts.engine, loop_, source());
      if (present) {
        chain_.emplace(*present);
        break;
      }
      if (!passing(present.error())) {
        owner_.on_failed(*this, present.error());
        co_return false;
      }
    } else if (!passing(container.error())) {
      owner_.on_failed(*this, container.error());
      co_return false;
    }
    co_await loop_.sleep(pause / 2 + jitter(loop_, pause / 2));
  }
  state_ = container_.running() ? LogState::live : LogState::stopped;
  rings_.begin(chain_->standpoint(), standing());
  role_ = Role::relaying;
  try_now_ = true;
  heard_at_ = loop_.now();
  owner_.on_joined(*this);
  judge_waiting();
  co_return true;
}

// Until the lease is ours, or was for a while. Then the caller comes back.
net::Task<void> LogFeed::relay() {
  role_ = Role::relaying;
  const net::Duration ttl = shared_.settings.lease_ttl;
  for (;;) {
    if (shared_.parts.bus.state() == bus::State::down) {
      co_await read_alone();
      co_return;
    }
    const net::Duration silent = loop_.now() - heard_at_;
    if (!try_now_ && silent < ttl) {
      co_await nap(ttl - silent);
      continue;
    }
    try_now_ = false;
    const net::Instant asked = loop_.now();
    auto fence = co_await acquire();
    if (fence && *fence) {
      co_await own(**fence, asked);
      co_return;
    }
    if (fence && released_ == fence_ && released_ != lease::Fence{} && silent < ttl) {
      co_await nap(retry_released);
      try_now_ = true;
    } else if (silent >= ttl || !fence) {
      co_await nap(retry / 2 + jitter(loop_, retry));
      if (loop_.now() - heard_at_ >= ttl) try_now_ = true;
    }
  }
}

net::Task<void> LogFeed::own(lease::Fence fence, net::Instant asked) {
  const net::Duration ttl = shared_.settings.lease_ttl;
  role_ = Role::owning;
  fence_ = fence;
  valid_until_ = asked + ttl * 2 / 3;
  base::log::info("Reading a container's log", {{"container", container_.name}, {"id", container_.id}});
  start_reader();
  publish_tip(LogFrame::Kind::tip);
  for (;;) {
    co_await nap(ttl / 3);
    const net::Instant before = loop_.now();
    auto renewed = co_await shared_.parts.lease.renew(name_, ttl, fence_);
    if (renewed && (*renewed || base::planted::lease_kept)) {
      valid_until_ = before + ttl * 2 / 3;
      publish_tip(LogFrame::Kind::tip);
      continue;
    }
    if (renewed) break;  // another has it, or Redis forgot it: ask anew
    if (loop_.now() < valid_until_) continue;
    if (co_await read_on_without_lease()) co_return;
    break;
  }
  base::log::info("Another instance reads it", {{"container", container_.name}, {"id", container_.id}});
  reader_.reset();
  role_ = Role::relaying;
  heard_at_ = valid_until_ - ttl * 2 / 3;  // the last renewal: an instance that stood still knows of nothing since
  try_now_ = true;
}

// Redis does not answer the owner: it keeps its reader for its own followers. True when it is to begin again as a relay
// that keeps reading until it knows who has the lease.
net::Task<bool> LogFeed::read_on_without_lease() {
  role_ = Role::degraded;
  for (;;) {
    co_await nap(retry + jitter(loop_, 750ms));
    const net::Instant asked = loop_.now();
    auto fence = co_await acquire();
    if (!fence) continue;
    if (!*fence) co_return false;  // another reads already
    co_await own(**fence, asked);
    co_return true;
  }
}

// Redis is down, and we only relayed: wait a moment, spread over the instances, then read for our own followers.
net::Task<void> LogFeed::read_alone() {
  const net::Instant start = shared_.redis_down_since + 3s + jitter(loop_, 5s);
  while (loop_.now() < start) {
    if (shared_.parts.bus.state() != bus::State::down) {
      try_now_ = true;
      co_return;
    }
    co_await nap(start - loop_.now());
  }
  start_reader();
  if (!co_await read_on_without_lease()) {
    reader_.reset();
    role_ = Role::relaying;
  }
}

bool LogFeed::stale() const {
  if (role_ == Role::owning) return loop_.now() > valid_until_;
  return role_ == Role::relaying && loop_.now() - heard_at_ > shared_.settings.lease_ttl;
}

void LogFeed::start_reader() {
  // A backfill may go on beside it: somebody waits for it, and a reader's own end is not known.
  waiting_.clear();
  waiting_bytes_ = 0;
  if (!reader_) reader_ = std::make_unique<docker::LogReader>(shared_.parts.engine, source(), chain_->at(), *this);
}

void LogFeed::start_backfill() {
  if (backfilling_.running()) {
    read_again_ = true;
  } else {
    backfilling_ = net::Job(backfill());
  }
}

// Reads from where we stand to the log's end; what a waiting frame has shown to exist must be there by then.
net::Task<void> LogFeed::backfill() {
  base::log::debug("Reading what was missed", {{"container", container_.name}, {"id", container_.id}});
  int tries = 0;
  do {
    read_again_ = false;
    const std::optional<docker::Position> proven = wanted_position_;
    if (!co_await read_to_end(proven)) {
      co_await loop_.sleep(200ms + jitter(loop_, 800ms));
      read_again_ = true;
      continue;
    }
    if (!proven) continue;
    if (lacks_records(*proven) && ++tries < backfill_tries) {
      co_await loop_.sleep(50ms * tries);
      read_again_ = true;
      continue;
    }
    if (lacks_records(*proven)) tell_gap(*proven, "reader");
    chain_->advance(*proven);
  } while (read_again_);
  moved();
}

// Posted: judge_waiting() may have to start the next backfill, so this one must be over.
void LogFeed::moved() {
  loop_.post([alive = std::weak_ptr(alive_), this] {
    if (!alive.lock()) return;
    judge_waiting();
    owner_.on_moved(*this);
  });
}

// A bound (count 0) stands for no record, so nobody can lack it.
bool LogFeed::lacks_records(const docker::Position& proven) const {
  for (std::size_t i = 0; i < 2; ++i)
    if (proven.marks[i].count > 0 && chain_->at().marks[i] < proven.marks[i]) return true;
  return false;
}

net::Task<bool> LogFeed::read_to_end(const std::optional<docker::Position>& sought) {
  docker::HistoryRead history(shared_.parts.engine, loop_, source(), {{}, sought});
  auto start = co_await history.start(docker::HistoryFrom::after(chain_->at()));
  if (!start) co_return !passing(start.error());
  for (;;) {
    auto next = co_await history.next();
    if (!next) co_return !passing(next.error());
    docker::HistoryChunk& chunk = **next;
    if (chunk.gap) tell_gap(chunk.gap->to, chunk.gap->reason);
    if (chunk.end()) {
      chain_->rename(history.position());
      co_return true;
    }
    if (chunk.batch.empty()) continue;
    LogFrame frame = lines_frame(chunk.batch);
    chain_->rename(frame.prev);
    read(std::move(frame));
  }
}

// A lease that has not changed for one TTL by our clock, while its owner was silent, is taken although it is held:
// Redis' own clock may have stepped back.
net::Task<base::Result<std::optional<lease::Fence>>> LogFeed::acquire() {
  const net::Duration ttl = shared_.settings.lease_ttl;
  const bool dead = !held_value_.empty() && loop_.now() - held_since_ > ttl && loop_.now() - heard_at_ > ttl;
  lease::Lease& leases = shared_.parts.lease;
  auto asking = dead ? leases.seize(name_, ttl, fence_, held_value_) : leases.acquire(name_, ttl, fence_);
  auto answer = co_await std::move(asking);
  if (!answer) co_return answer.error();
  if (answer->granted) {
    held_value_.clear();
  } else if (answer->value != held_value_) {
    held_value_ = answer->value;
    held_since_ = loop_.now();
  }
  co_return answer->granted;
}

net::Task<void> LogFeed::hand_over() {
  if (role_ != Role::owning) co_return;
  publish_tip(LogFrame::Kind::tip);
  reader_.reset();
  running_.cancel();
  const lease::Fence fence = fence_;
  publish_tip(LogFrame::Kind::released);
  role_ = Role::relaying;
  co_await shared_.parts.lease.release(name_, fence);
}

}  // namespace feeds
