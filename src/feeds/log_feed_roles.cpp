// LogFeed's roles: how an instance comes to read a log, goes on reading it, and stops.
#include "base/log.hpp"
#include "base/planted.hpp"
#include "feeds/log_feed.hpp"
#include "net/random.hpp"

namespace feeds {
namespace {

using namespace std::chrono_literals;

constexpr net::Duration join_wait_max = 2s;        // for the bus; then we begin without it
constexpr net::Duration retry = 250ms;             // of a lease that somebody silent still holds
constexpr net::Duration retry_without_lease = 1s;  // at most, of who reads without one
constexpr net::Duration retry_released = 20ms;     // of one whose owner has said that it goes
constexpr net::Duration yield_look = 1s;           // whether others follow what we would hand over
constexpr net::Duration near_first = 1s;           // whoever reaches the Engine itself asks for the lease before us
constexpr net::Duration alone_after = 3s;          // of silence of Redis, before a relay reads for its own followers

}  // namespace

net::Duration LogFeed::jitter(net::Duration most) {
  return net::Duration(static_cast<std::int64_t>(loop_.random().unit() * static_cast<double>(most.count())));
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
  const net::Instant begun = loop_.now();
  for (net::Duration pause = 100ms;; pause *= 2) {
    net::Gate::Place place = co_await shared_.catch_ups.enter();
    auto present = co_await present_end();
    if (present) {
      chain_.emplace(*present);
      break;
    }
    if (!passing(present.error()) || loop_.now() - begun > answer_within) {
      owner_.on_failed(*this, no_answer(present.error()));
      co_return false;
    }
    place.leave();
    co_await loop_.sleep(pause / 2 + jitter(pause / 2));
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

net::Task<base::Result<docker::Position>> LogFeed::present_end() {
  auto container = co_await shared_.parts.engine.inspect(container_.id);
  if (!container) co_return container.error();
  container_ = std::move(*container);
  co_return co_await docker::read_present(shared_.parts.engine, loop_, source());
}

// Until the lease is ours, or was for a while. Then the caller comes back.
net::Task<void> LogFeed::relay() {
  role_ = Role::relaying;
  heed_pull();
  const net::Duration ttl = shared_.settings.lease_ttl;
  std::optional<net::Instant> unanswered;  // since when Redis says nothing about leases
  net::Instant looked{};
  for (;;) {
    if (shared_.parts.bus.state() == bus::State::down) {
      co_await wait_to_read_alone();
      co_return;
    }
    const net::Duration silent = loop_.now() - heard_at_;
    if (leaving_ || (!try_now_ && silent < ttl)) {
      co_await nap(leaving_ ? ttl : ttl - silent);
      continue;
    }
    try_now_ = false;
    if (shared_.parts.engine.relayed()) {
      co_await loop_.sleep(near_first);
      if (leaving_ || loop_.now() - heard_at_ < near_first) continue;
    }
    const net::Instant asked = loop_.now();
    auto fence = co_await acquire();
    if (fence && *fence) {
      co_await own({**fence, asked});
      co_return;
    }
    if (!fence) {
      if (!unanswered || heard_at_ > *unanswered) unanswered = asked;  // who is heard has it
      if (loop_.now() - *unanswered >= alone_after) {
        co_await read_alone();
        co_return;
      }
      co_await nap(retry / 2 + jitter(retry));
      try_now_ = true;
      continue;
    }
    unanswered.reset();
    if (released_ == fence_ && released_ != lease::Fence{} && silent < ttl) {
      co_await nap(retry_released);
      try_now_ = true;
    } else if (silent >= ttl) {
      // Somebody reads and is not heard, or died a moment ago.
      if (loop_.now() - looked >= ttl / 3) {
        looked = loop_.now();
        start_backfill();
      }
      co_await nap(retry / 2 + jitter(retry));
      if (loop_.now() - heard_at_ >= ttl) try_now_ = true;
    }
  }
}

void LogFeed::take(const Grant& grant) {
  role_ = Role::owning;
  if (pull_) share_.begin_over(loop_.now());
  fence_ = grant.fence;
  valid_until_ = grant.asked + shared_.settings.lease_ttl * 2 / 3;
  base::log::info("Reading a container's log", {{"container", container_.name}, {"id", container_.id}});
  start_reader();
  publish_tip(LogFrame::Kind::tip);
}

net::Task<void> LogFeed::own(Grant grant) {
  const net::Duration ttl = shared_.settings.lease_ttl;
  take(grant);
  for (;;) {
    co_await nap(yields_ ? std::min(yield_look, ttl / 3) : ttl / 3);
    if (yields_ && others_ > 0) {
      yields_ = try_now_ = false;
      heard_at_ = loop_.now();  // they have a TTL to take it
      co_await release();
      owner_.on_yielded(*this);
      co_return;
    }
    const net::Instant before = loop_.now();
    auto renewed = co_await shared_.parts.lease.renew(name_, ttl, fence_);
    if (renewed && (*renewed || base::planted::lease_kept)) {
      valid_until_ = before + ttl * 2 / 3;
      publish_tip(LogFrame::Kind::tip);
      continue;
    }
    if (renewed) break;  // another has it, or Redis forgot it: ask anew
    if (loop_.now() < valid_until_) continue;
    const auto again = co_await read_on_without_lease(nullptr);
    if (!again) break;
    take(*again);
  }
  base::log::info("Another instance reads it", {{"container", container_.name}, {"id", container_.id}});
  reader_.reset();
  role_ = Role::relaying;
  heard_at_ = valid_until_ - ttl * 2 / 3;  // the last renewal: an instance that stood still knows of nothing since
  try_now_ = true;
  owner_.on_yielded(*this);
}

// Redis does not answer: we read for our own followers, until the lease is ours, or another reads already. `seat`: who
// has no reader yet reads when its turn comes.
net::Task<std::optional<LogFeed::Grant>> LogFeed::read_on_without_lease(LoneReading::Seat* seat) {
  role_ = Role::degraded;
  for (turned_at_ = loop_.now();; turned_at_ = loop_.now()) {
    co_await nap(retry_without_lease / 4 + jitter(retry_without_lease * 3 / 4));
    if (stood_still()) start_backfill();
    const LoneReading::Turn turn = seat != nullptr ? seat->take() : LoneReading::Turn::none;
    if (turn == LoneReading::Turn::follow) start_reader();
    if (turn == LoneReading::Turn::poll) start_backfill();
    if (leaving_) continue;
    const net::Instant asked = loop_.now();
    auto fence = co_await acquire();
    if (!fence) continue;
    if (*fence) co_return Grant{**fence, asked};
    const bool would_hear_it = shared_.parts.bus.state() != bus::State::down;
    if (would_hear_it) co_return std::nullopt;
  }
}

// We only relayed: wait a moment, spread over the instances.
net::Task<void> LogFeed::wait_to_read_alone() {
  const net::Instant start = shared_.redis_down_since + alone_after + jitter(5s);
  while (loop_.now() < start) {
    if (shared_.parts.bus.state() != bus::State::down) {
      try_now_ = true;
      co_return;
    }
    co_await nap(start - loop_.now());
  }
  co_await read_alone();
}

net::Task<void> LogFeed::read_alone() {
  std::optional<Grant> grant;
  if (reader_) {
    grant = co_await read_on_without_lease(nullptr);
  } else {
    LoneReading::Seat seat(
        shared_.lone, [this] { return rings_.followers(); }, [this] { changed_.notify(); });
    grant = co_await read_on_without_lease(&seat);
  }
  if (grant) {
    co_await own(*grant);
  } else {
    reader_.reset();
    role_ = Role::relaying;
  }
}

bool LogFeed::stale() const {
  const net::Instant now = loop_.now();
  if (role_ == Role::owning) return now > valid_until_;
  if (role_ == Role::degraded) return backfilling_.running() || stood_still();
  return role_ != Role::joining && now - heard_at_ > shared_.settings.lease_ttl;
}

bool LogFeed::stood_still() const {
  return loop_.now() - turned_at_ > std::max<net::Duration>(shared_.settings.lease_ttl, 2 * retry_without_lease);
}

void LogFeed::start_reader() {
  // A backfill may go on beside it: somebody waits for it, and a reader's own end is not known.
  waiting_.clear();
  waiting_bytes_ = 0;
  if (reader_) return;
  reader_ = std::make_unique<docker::LogReader>(shared_.parts.engine, source(), chain_->at(), *this);
  if (backfilling_.running()) backfilling_ = net::Job(backfill());  // it would end in another reckoning than ours
}

// A lease that has not changed for one TTL by our clock, while its owner was silent, is taken although it is held:
// Redis' own clock may have stepped back.
net::Task<base::Result<std::optional<lease::Fence>>> LogFeed::acquire() {
  const net::Duration ttl = shared_.settings.lease_ttl;
  const bool dead = !held_value_.empty() && loop_.now() - held_since_ > ttl && loop_.now() - heard_at_ > ttl;
  lease::Lease& leases = shared_.parts.lease;
  auto asking = dead ? leases.seize(name_, ttl, fence_, held_value_) : leases.acquire(name_, ttl, fence_);
  asking_ = true;
  auto answer = co_await std::move(asking);
  asking_ = false;
  if (!answer) co_return answer.error();
  if (answer->granted) {
    held_value_.clear();
  } else {
    hear_of_holder(answer->value);
  }
  co_return answer->granted;
}

net::Task<void> LogFeed::hand_over() {
  leaving_ = true;
  // A lease that is on its way would be kept for a TTL, and nobody would read.
  const std::weak_ptr alive(alive_);
  for (net::Loop& loop = loop_; asking_;) {
    co_await loop.sleep(10ms);
    if (alive.expired()) co_return;
  }
  if (role_ != Role::owning) co_return;
  running_.cancel();
  co_await release();
}

void LogFeed::yield() {
  yields_ = true;
  others_ = 0;  // as of before: who followed then may be gone
  if (role_ == Role::owning) publish_tip(LogFrame::Kind::tip);
}

// Behind the last line, so that whoever takes over sees where we end.
net::Task<void> LogFeed::release() {
  publish_tip(LogFrame::Kind::tip);
  reader_.reset();
  const lease::Fence fence = fence_;
  publish_tip(LogFrame::Kind::released);
  role_ = Role::relaying;
  co_await shared_.parts.lease.release(name_, fence);
}

}  // namespace feeds
