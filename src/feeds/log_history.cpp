#include "feeds/log_history.hpp"

#include "base/planted.hpp"

namespace feeds {
namespace {

using namespace std::chrono_literals;

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
  // Posted, since `done` may destroy us; and another one may be in our place by then.
  loop_.post([this, alive = std::weak_ptr(alive_), refused = std::move(refused)]() mutable {
    if (alive.expired()) return;
    Done done = std::move(done_);
    done(std::move(refused));
  });
}

net::Task<std::optional<base::Error>> LogHistory::serve() {
  while (!feed_.joined()) co_await moved_.wait();
  const Start& start = asked_.start;
  if (asked_.stands) {
    at_ = asked_.stands;
  } else if (resumes() && !start.tail) {
    at_.emplace(*start.after);
  }
  // A position from another instance may be ahead of ours; one read of Docker brings us there, or it is not in the log.
  // And of a process that stood still the ring might promise what is gone, or end before what is asked for.
  const std::optional<docker::Position> given = at_         ? std::optional(at_->reached)
                                                : resumes() ? start.after
                                                            : std::nullopt;
  const auto behind = [&] { return given && docker::behind(feed_.at(), *given); };
  for (int tries = 0; tries < 3 && (behind() || (tries == 0 && feed_.stale())); ++tries) {
    feed_.catch_up();
    co_await moved_.wait();
  }
  if (at_) {
    const auto sequence = feed_.rings().find(asked_.shape, *at_);
    const bool recovers = sequence && !(asked_.resumed && feed_.rings().gap_behind(asked_.shape, *sequence));
    if (recovers) {
      answer({at_->told.print(), asked_.resumed ? "full" : "", "", {}});
      if (attach(*sequence)) co_return std::nullopt;
    }
  } else if (from_the_present() && feed_.standpoint().between_parts()) {
    at_.emplace(feed_.standpoint().told);  // it is given that line from its beginning
  } else if (from_the_present()) {
    const LogRings::Joint joint = feed_.rings().joint(asked_.shape, feed_.standpoint());
    at_ = joint.at;
    answer({at_->told.print(), "", "", {}});
    attach(joint.sequence);
    co_return std::nullopt;
  }
  const net::Instant begun = loop_.now();
  for (net::Duration pause = 100ms;;) {
    auto stretch = co_await read_stretch();
    if (!stretch) {
      const bool too_late = asked_.answer && loop_.now() - begun > answer_within;
      if (too_late || !passing(stretch.error())) {
        if (asked_.answer) co_return no_answer(stretch.error());
        leave_out();
        co_return std::nullopt;
      }
      co_await loop_.sleep(pause);
      pause = std::min<net::Duration>(pause * 2, pause_max);
    } else if (*stretch == Stretch::joined) {
      co_return std::nullopt;
    } else {
      pause = 100ms;
    }
    if (stretch && *stretch == Stretch::ahead) {
      feed_.catch_up();
      co_await moved_.wait();
      co_await loop_.sleep(pause);
    }
  }
}

// The container is gone, and what it had not read of the log with it: it goes on with what the ring still holds.
void LogHistory::leave_out() {
  const LogRings::Joint joint = feed_.rings().first_behind(asked_.shape, *at_);
  if (docker::behind(at_->reached, joint.at.reached)) {
    LogFrame gap = gap_frame({at_->reached, joint.at.reached, "slow"});
    gap.told = joint.at.told;
    tell(std::move(gap));
  }
  attach(joint.sequence);
}

LogHistory::Asked LogHistory::rest() const {
  Asked rest = asked_;
  if (at_) rest.stands = at_;
  return rest;
}

bool LogHistory::from_the_present() const { return !asked_.start.after && asked_.start.tail == 0U; }

docker::HistoryFrom LogHistory::wish() const {
  if (at_) return docker::HistoryFrom::after(at_->reached);
  docker::HistoryFrom from = docker::HistoryFrom::range(asked_.start.since_ns, asked_.start.tail);
  if (resumes()) from.position = asked_.start.after;
  if (base::planted::tail_off_by_one && from.tail) ++*from.tail;
  if (base::planted::short_tail && from.tail) *from.tail /= 2;
  if (base::planted::early_since && from.since_ns) *from.since_ns -= 1'000'000'000;
  return from;
}

// It gave a position, of this log.
bool LogHistory::resumes() const {
  return asked_.start.after && docker::same_log(*asked_.start.after, feed_.identity());
}

void LogHistory::tell(std::optional<LogFrame> frame) {
  if (!frame) return;
  std::string bytes;
  std::uint32_t messages = 1;
  if (frame->kind == LogFrame::Kind::gap) {
    feed_.losses().add_gap(frame->reason, frame->lines_lost);
    feed_.messages().gap(bytes, *frame, plain(), at_->told);
  } else {
    messages = feed_.messages().lines(bytes, *frame, plain(), at_->told);
  }
  if (bytes.empty()) return;
  at_ = docker::Standpoint(frame->told, frame->position);
  send(std::move(bytes), messages);
}

void LogHistory::send(std::string bytes, std::uint32_t messages) {
  in_flight_ += bytes.size();
  shared_.feeds.parts.hub.replay(asked_.follower, {std::move(bytes), messages});
}

void LogHistory::on_drained(std::size_t bytes) {
  in_flight_ -= std::min(bytes, in_flight_);
  drained_.notify();
}

void LogHistory::answer(const docker::HistoryStart& start) {
  Subscribed subscribed;
  subscribed.position = at_->told.print();
  if (asked_.resumed) {
    if (!resumes()) {
      subscribed.recovered = "none";
      subscribed.reason = "recreated";
    } else if (begins_later_) {
      subscribed.recovered = "none";
      subscribed.reason = "tail";  // it wanted no more than that
    } else if (start.gap && !base::planted::recovered_always_full) {
      subscribed.recovered = "partial";
      subscribed.lost = Lost{at_->told.print(), start.gap->to.print(), std::string(start.gap->reason)};
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
  if (base::planted::late_joint) sequence = shared_.feeds.parts.hub.ring(feed_.rings().number(asked_.shape)).next();
  if (sequence < shared_.feeds.parts.hub.ring(feed_.rings().number(asked_.shape)).oldest()) return false;
  tell(feed_.rings().standing(asked_.shape, sequence));
  attached_ = shared_.feeds.parts.hub.attach(asked_.follower, feed_.rings().number(asked_.shape), sequence);
  return attached_;
}

// To one who comes all of it, to one who was behind what has changed since.
void LogHistory::tell(const Standing& standing) {
  const auto say = [&](LogState word) {
    std::string status;
    feed_.messages().status(status, word, plain());
    send(std::move(status), 1);
  };
  const Standing before = asked_.knows.value_or(Standing{});
  const LogState state = standing.state == LogState::restarted ? LogState::live : standing.state;
  if (before.source_down && !standing.source_down) say(LogState::recovered);
  if (before.degraded && !standing.degraded) say(LogState::recovered);
  if (state != before.state) say(state);  // nobody will repeat it when the Engine is back
  if (state == LogState::removed) return;
  if (standing.source_down && !before.source_down) say(LogState::source_down);
  if (standing.degraded && !before.degraded) say(LogState::degraded);
}

}  // namespace feeds
