#include "feeds/log_run.hpp"

#include <algorithm>

#include "base/planted.hpp"

namespace feeds {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t lead_max = 512 * 1024;  // of the read before the first of those who take
constexpr net::Duration patience = 2s;        // with followers none of whom takes anything, before it lets others read
constexpr net::Duration share = 5s;           // of waiting for them, where others wait to read

bool stands_at(const docker::Standpoint& place, const docker::Position& at) {
  return !place.between_parts() && place.told == at;
}

}  // namespace

LogRun::LogRun(const Shared& shared, LogFeed& feed, const docker::Position& begin)
    : shared_(shared),
      feed_(feed),
      loop_(shared.feeds.parts.loop),
      begin_(begin),
      until_(feed.standpoint()),
      position_(begin),
      at_(begin),
      taken_(loop_) {}

LogRun::~LogRun() { shared_.held -= held_; }

// The place is given back when it is over.
net::Task<void> LogRun::read([[maybe_unused]] net::Gate::Place place) {
  docker::HistoryRead history(shared_.feeds.parts.engine, loop_, feed_.source(), {until_.reached, {}});
  auto start = co_await history.start(docker::HistoryFrom::after(begin_));
  if (!start) {
    error_ = start.error();
    co_return finish(State::failed);
  }
  net::Duration waited{};
  for (;;) {
    auto next = co_await history.next();
    if (!next) {
      error_ = next.error();
      co_return finish(State::failed);
    }
    docker::HistoryChunk& chunk = **next;
    if (chunk.end()) break;
    add(chunk.gap ? gap_frame(*chunk.gap) : lines_frame(chunk.batch));
    const net::Instant before = loop_.now();
    const bool has_room = co_await room();
    waited += loop_.now() - before;
    const bool had_its_share = waited > share && shared_.reads.waiting() > 0;
    if (!has_room || had_its_share) co_return finish(State::broken_off);
  }
  position_ = history.position();
  finish(State::whole);
}

void LogRun::finish(State state) {
  state_ = state;
  for (Seat* seat : seats_) {
    if (seat->state == Seat::State::seeking) seat->state = Seat::State::outside;
    seat->changed.notify();
  }
}

void LogRun::add(LogFrame frame) {
  Kept kept{std::move(frame), at_, at_, 0, read_bytes_};
  feeds::take(kept.after, kept.frame);
  kept.bytes = weight(kept.frame);
  at_ = kept.after;
  read_bytes_ += kept.bytes;
  held_ += kept.bytes;
  shared_.held += kept.bytes;
  frames_.push_back(std::move(kept));
  const std::uint64_t newest = end() - 1;
  for (Seat* seat : seats_) {
    if (seat->state == Seat::State::seeking) {
      const bool passed = docker::covers(at_.reached, seat->at);
      if (seek(*seat, newest)) {
        seat->state = Seat::State::seated;
      } else if (passed || read_bytes_ >= span) {
        seat->state = Seat::State::outside;
      }
    }
    if (seat->state != Seat::State::seeking) seat->changed.notify();
  }
  drop_oldest();
}

void LogRun::drop_oldest() {
  while (frames_.size() > 1 && (held_ > span || shared_.held > all_max)) {
    held_ -= frames_.front().bytes;
    shared_.held -= frames_.front().bytes;
    frames_.pop_front();
    ++first_;
  }
}

bool LogRun::admit(Seat& seat, bool seeks) {
  const bool reading = state_ == State::reading;
  if (!reading && state_ != State::whole) return false;
  bool seated = false;
  for (std::uint64_t frame = first_; frame < end() && !seated; ++frame) seated = seek(seat, frame);
  if (!seated && stands_at(at_, seat.at)) {
    seated = true;
    seat.next = end();
    seat.has = 0;
  }
  const bool is_to_come = reading && read_bytes_ < span && docker::covers(seat.at, at_.reached);
  if (seated) {
    if (!reading && seat.next == end()) return false;  // nothing is to be had there any more
    seat.state = Seat::State::seated;
  } else if (seeks && is_to_come) {
    seat.state = Seat::State::seeking;
  } else {
    return false;
  }
  seats_.push_back(&seat);
  return true;
}

void LogRun::leave(Seat& seat) {
  seat.state = Seat::State::outside;
  std::erase(seats_, &seat);
  taken_.notify();
}

// Looks for its place in the frame.
bool LogRun::seek(Seat& seat, std::uint64_t frame) {
  const Kept& kept = frames_[frame - first_];
  const auto has = find(kept, seat.at);
  if (!has) return false;
  const bool has_all = *has > 0 && *has == kept.frame.entries.size();
  seat.next = has_all ? frame + 1 : frame;
  seat.has = has_all ? 0 : *has;
  if (base::planted::late_seat && seat.has > 0) ++seat.has;
  return true;
}

// How many of the frame's entries somebody has who stands there, if that is a place in it.
std::optional<std::size_t> LogRun::find(const Kept& kept, const docker::Position& at) {
  if (docker::behind(at, kept.before.reached) || docker::behind(kept.after.reached, at)) return std::nullopt;
  if (stands_at(kept.before, at)) return 0;
  // Of a stream that the log still shows, a gap ends before its first record: nothing of what lies within is left.
  if (kept.frame.reason == "rotated" && docker::behind(at, kept.after.reached)) return 0;
  docker::Standpoint place = kept.before;
  std::size_t has = 0;
  for (const LogEntry& entry : kept.frame.entries) {
    place.take(entry.stream, entry.partial, entry.mark, entry.time_ns);
    ++has;
    if (stands_at(place, at)) return has;
  }
  return std::nullopt;
}

LogFrame LogRun::take(Seat& seat) {
  LogFrame frame = peek(seat);
  drop_first(frame, std::exchange(seat.has, 0));
  ++seat.next;
  taken_.notify();
  return frame;
}

bool LogRun::far_ahead() const {
  std::size_t furthest = 0;
  for (const Seat* seat : seats_) {
    if (seat->state == Seat::State::seeking) return false;
    if (seat->state != Seat::State::seated || missed(*seat)) continue;
    furthest = std::max(furthest, ready(*seat) ? frames_[seat->next - first_].offset : read_bytes_);
  }
  return read_bytes_ - furthest > (shared_.held > all_max ? 0 : lead_max);
}

// Waits until somebody has taken enough; false if nobody has after so long.
net::Task<bool> LogRun::room() {
  bool late = false;
  net::Timer timer;
  if (far_ahead()) {
    timer = loop_.after(patience, [this, &late] {
      late = true;
      taken_.notify();
    });
  }
  while (far_ahead() && !late) co_await taken_.wait();
  co_return !far_ahead();
}

}  // namespace feeds
