#include "feeds/log_history.hpp"

namespace feeds {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t window = 256 * 1024;
constexpr net::Duration patience = 2s;  // of a read with a slow socket, before it lets others read
constexpr net::Duration pause_max = 5s;

}  // namespace

LogHistory::LogHistory(Shared shared, LogFeed& feed, Asked asked, Done done)
    : shared_(shared),
      feed_(feed),
      asked_(std::move(asked)),
      done_(std::move(done)),
      loop_(shared.feeds.parts.loop),
      moved_(loop_),
      drained_(loop_) {
  job_ = net::Job(run());
}

net::Task<void> LogHistory::run() {
  auto refused = co_await serve();
  // Posted, since `done` may destroy us.
  loop_.post([done = std::move(done_), refused = std::move(refused)]() mutable { done(std::move(refused)); });
}

net::Task<std::optional<base::Error>> LogHistory::serve() {
  while (!feed_.joined()) co_await moved_.wait();
  const Start& start = asked_.start;
  if (start.after && docker::same_log(*start.after, feed_.identity())) {
    // A position from another instance may be ahead of ours; one read of Docker brings us there, or it is not in the
    // log.
    if (docker::behind(feed_.at(), *start.after)) {
      feed_.catch_up();
      co_await moved_.wait();
    }
    if (const auto sequence = feed_.rings().find(asked_.shape, *start.after)) {
      told_ = *start.after;
      told_known_ = true;
      answer({told_.print(), asked_.resumed ? "full" : "", "", {}});
      if (attach(*sequence)) co_return std::nullopt;
    }
  } else if (!start.after && start.tail == 0U) {
    told_ = feed_.at();
    told_known_ = true;
    answer({told_.print(), "", "", {}});
    attach(feed_.rings().joint(asked_.shape, told_));
    co_return std::nullopt;
  }
  docker::HistoryFrom from = wish();
  for (net::Duration pause = 100ms;;) {
    const docker::Position until = feed_.at();
    const std::uint64_t joint = feed_.rings().joint(asked_.shape, until);
    auto complete = co_await read_stretch(from, until);
    if (!complete) {
      if (asked_.answer && !passing(complete.error())) co_return complete.error();
      co_await loop_.sleep(pause);
      pause = std::min<net::Duration>(pause * 2, pause_max);
    } else if (*complete && attach(joint)) {
      co_return std::nullopt;
    } else {
      pause = 100ms;
    }
    if (told_known_) from = docker::HistoryFrom::after(told_);
  }
}

LogHistory::Asked LogHistory::rest() const {
  Asked rest = asked_;
  if (told_known_) rest.start = {told_, std::nullopt, std::nullopt};
  return rest;
}

docker::HistoryFrom LogHistory::wish() const {
  const Start& start = asked_.start;
  if (start.after && docker::same_log(*start.after, feed_.identity())) return docker::HistoryFrom::after(*start.after);
  return docker::HistoryFrom::range(start.since_ns, start.tail);
}

// One open read, until the follower stands at `until` (true), or its socket kept the read waiting for too long (false).
net::Task<base::Result<bool>> LogHistory::read_stretch(docker::HistoryFrom from, const docker::Position& until) {
  while (!co_await credit(pause_max)) {
  }
  const net::Gate::Place place = co_await shared_.reads.enter();
  docker::HistoryRead read(shared_.feeds.parts.engine, loop_, feed_.source(), until);
  auto start = co_await read.start(from);
  if (!start) co_return start.error();
  if (!told_known_) {
    told_ = start->position;
    told_known_ = true;
  }
  if (asked_.answer) answer(*start);
  for (;;) {
    auto next = co_await read.next();
    if (!next) co_return next.error();
    docker::HistoryChunk& chunk = **next;
    give(chunk);
    if (chunk.end()) break;
    if (!co_await credit(patience)) co_return false;
  }
  if (told_ != until) {
    std::string moved;
    if (asked_.shape.form == Form::batch) feed_.messages().moved(moved, told_, until);
    if (!moved.empty()) send(std::move(moved));
    told_ = until;
  }
  co_return true;
}

void LogHistory::give(docker::HistoryChunk& chunk) {
  std::string bytes;
  if (chunk.gap) {
    feed_.messages().gap(bytes, gap_frame(*chunk.gap), asked_.shape.form);
    told_ = chunk.gap->to;
  }
  if (!chunk.batch.empty()) {
    const LogFrame frame = lines_frame(chunk.batch);
    if (feed_.messages().lines(bytes, frame, asked_.shape, told_) > 0) told_ = frame.position;
  }
  if (!bytes.empty()) send(std::move(bytes));
}

void LogHistory::send(std::string bytes) {
  in_flight_ += bytes.size();
  shared_.feeds.parts.hub.replay(asked_.follower, std::move(bytes));
}

void LogHistory::on_drained(std::size_t bytes) {
  in_flight_ -= std::min(bytes, in_flight_);
  drained_.notify();
}

// Waits until the socket has taken enough; false if it has not after so long.
net::Task<bool> LogHistory::credit(net::Duration most) {
  bool late = false;
  net::Timer timer;
  if (in_flight_ > window) {
    timer = loop_.after(most, [this, &late] {
      late = true;
      drained_.notify();
    });
  }
  while (in_flight_ > window && !late) co_await drained_.wait();
  co_return in_flight_ <= window;
}

void LogHistory::answer(const docker::HistoryStart& start) {
  Subscribed subscribed;
  subscribed.position = start.position.print();
  if (asked_.resumed) {
    if (!docker::same_log(*asked_.start.after, feed_.identity())) {
      subscribed.recovered = "none";
      subscribed.reason = "recreated";
    } else if (start.gap) {
      subscribed.recovered = "partial";
      subscribed.lost = Lost{start.gap->from.print(), start.gap->to.print(), std::string(start.gap->reason)};
    } else {
      subscribed.recovered = "full";
    }
  }
  answer(std::move(subscribed));
}

void LogHistory::answer(Subscribed subscribed) {
  if (!std::exchange(asked_.answer, false)) return;
  Followers* followers = shared_.feeds.parts.followers[asked_.follower.loop];
  shared_.feeds.parts.hub.call(
      asked_.follower.loop, [followers, name = asked_.follower.name, subscribed = std::move(subscribed)](hub::Fanout&) {
        followers->on_subscribed(name, subscribed);
      });
}

// The ring goes on from here, and the follower learns what the log is doing. False: the ring has moved past it.
bool LogHistory::attach(std::uint64_t sequence) {
  if (sequence < shared_.feeds.parts.hub.ring(feed_.rings().number(asked_.shape)).oldest()) return false;
  std::string status;
  if (feed_.state() != LogState::unknown) feed_.messages().status(status, feed_.state(), asked_.shape.form);
  if (shared_.feeds.degraded) feed_.messages().status(status, LogState::degraded, asked_.shape.form);
  send(std::move(status));
  return shared_.feeds.parts.hub.attach(asked_.follower, feed_.rings().number(asked_.shape), sequence);
}

}  // namespace feeds
