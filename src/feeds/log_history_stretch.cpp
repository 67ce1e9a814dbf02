// The part of LogHistory that passes stretches of the log on, at its socket's pace.
#include "feeds/log_history.hpp"

namespace feeds {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t window = 256 * 1024;
constexpr net::Duration patience = 2s;  // of a read with a socket that stands still, before it lets others read
constexpr net::Duration share = 5s;     // of waiting for a slow one, where others wait to read

}  // namespace

// All readers call its place as it does: where another's read shows that, the lines behind it are its own.
bool LogHistory::may_share() const {
  if (!at_ || at_->told != at_->reached) return false;
  return docker::lacks(at_->reached, feed_.at()) && !docker::lacks(feed_.at(), at_->reached);
}

// One read, shared or its own, up to where the ring went on when it began.
net::Task<base::Result<LogHistory::Stretch>> LogHistory::read_stretch() {
  while (!co_await credit(patience)) {
  }
  if (may_share()) {
    LogPast::Reader shared(shared_.past, at_->reached, asked_.shape);
    const bool found = co_await shared.find();
    if (found) {
      auto stretch = co_await pass_on(shared);
      co_return stretch;
    }
  }
  const net::Gate::Place place = co_await shared_.reads.enter();
  const LogPassage::Goal goal{feed_.standpoint(), feed_.rings().joint(asked_.shape, feed_.standpoint())};
  LonePassage lone(shared_.feeds, shared_.reads, feed_, goal, wish());
  auto stretch = co_await pass_on(lone);
  co_return stretch;
}

net::Task<base::Result<LogHistory::Stretch>> LogHistory::pass_on(LogPassage& passage) {
  const docker::Position& until = passage.goal().until();
  const docker::Standpoint& end = passage.goal().end();
  auto start = co_await passage.start();
  if (!start) co_return start.error();
  if (!at_) {
    at_.emplace(start->position);
    begins_later_ = resumes() && start->position != *asked_.start.after;
  }
  docker::Standpoint read_to = *at_;
  bool announced = asked_.answer && start->gap.has_value();
  // A gap that leaves nothing to come ends where the ring goes on, by the name that the ring has for it.
  const bool to_the_end = announced && !docker::lacks(start->gap->to, until);
  if (to_the_end) start->gap->to = end.told;
  // Behind a step of the clock only the log shows that `until` lies before where the follower stands.
  const auto ahead = [&] { return docker::lacks(until, passage.position()); };
  if (asked_.answer && !(start->nothing && ahead())) {
    if (start->nothing) at_ = end;
    answer(*start);
  }
  // One is held back, since the stretch's last one brings the follower to its end; not a gap that was announced.
  std::optional<LogFrame> last;
  net::Duration waited{};
  for (;;) {
    auto next = co_await passage.next();
    if (!next) co_return next.error();
    if (!next->frame && !next->whole) co_return Stretch::late;
    if (!next->frame) break;
    tell(std::exchange(last, std::move(next->frame)));
    take(read_to, *last);
    if (std::exchange(announced, false)) {
      if (to_the_end) last->told = end.told;
      tell(std::exchange(last, {}));
    }
    const net::Instant before = loop_.now();
    const bool drained = co_await credit(patience);
    waited += loop_.now() - before;
    const bool had_its_share = waited > share && passage.in_the_way();
    if (!drained || had_its_share) co_return Stretch::late;  // what is held back will be read again
  }
  if (ahead()) {
    docker::Standpoint there = read_to.reached == passage.position() ? read_to : docker::Standpoint(passage.position());
    if (last) last->told = there.told;
    tell(std::move(last));
    if (!asked_.answer) there.told = at_->told;  // it knows the place by that name
    at_ = there;
    co_return Stretch::ahead;
  }
  co_return finish(std::move(last), passage.goal());
}

// All of the stretch was told but its last frame: the ring goes on.
LogHistory::Stretch LogHistory::finish(std::optional<LogFrame> last, const LogPassage::Goal& goal) {
  const docker::Standpoint& end = goal.end();
  if (last) last->told = end.told;
  tell(std::move(last));
  if (at_->told != end.told && asked_.shape.form == Form::batch) {
    std::string moved;
    feed_.messages().moved(moved, at_->told, end.told, plain());
    send(std::move(moved), 1);
  }
  at_ = end;
  const auto sequence = goal.joint ? goal.joint->sequence : feed_.rings().find(asked_.shape, end);
  return sequence && attach(*sequence) ? Stretch::joined : Stretch::late;
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

}  // namespace feeds
