#include "feeds/log_past.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace feeds {
namespace {

using namespace std::chrono_literals;

// Those who come back with a crowd come within moments: that many find themselves in the same run.
constexpr net::Duration gather = 5ms;
// Runs in which its place was looked for. Another's gap may call it otherwise, or it lies too far from those before it.
constexpr int runs_tried_max = 8;

}  // namespace

LogPast::Reader::Reader(LogPast& past, const docker::Position& at, const Shape& shape)
    : past_(past), shape_(shape), seat_(past.shared_.runs.feeds.parts.loop, at) {}

net::Task<bool> LogPast::Reader::find() {
  for (int tried = 0; tried < runs_tried_max; ++tried) {
    past_.enlist(*this);
    while (!settled()) co_await seat_.changed.wait();
    if (found()) {
      const bool saved = run_->begun_at() != seat_.at && seat_.state == LogRun::Seat::State::seated;
      if (saved) {
        ++past_.shared_.saved;
        base::log::debug("Sharing another's read of a log's past", {{"id", past_.feed_.container().id}});
      }
      co_return true;
    }
    past_.leave(*this);
  }
  co_return false;
}

// It is known whether its place is in the run, and what comes there.
bool LogPast::Reader::settled() const {
  if (run_ == nullptr) return false;
  return seat_.state == LogRun::Seat::State::outside || run_->state() != LogRun::State::reading ||
         (seat_.state == LogRun::Seat::State::seated && (run_->missed(seat_) || run_->ready(seat_)));
}

// What cannot be read for one of them cannot be read for the others.
bool LogPast::Reader::found() const {
  if (run_->state() == LogRun::State::failed) return true;
  if (seat_.state != LogRun::Seat::State::seated) return false;
  return run_->ready(seat_) || (!run_->missed(seat_) && run_->state() == LogRun::State::whole);
}

net::Task<base::Result<docker::HistoryStart>> LogPast::Reader::start() {
  docker::HistoryStart start{seat_.at, {}, false};
  const bool seated = seat_.state == LogRun::Seat::State::seated;
  if (seated && run_->ready(seat_)) {
    const LogFrame& frame = run_->peek(seat_);
    if (frame.kind == LogFrame::Kind::gap) start.gap = docker::Gap{seat_.at, frame.position, frame.reason};
    co_return start;
  }
  if (run_->state() == LogRun::State::failed) co_return run_->error();
  start.nothing = true;
  co_return start;
}

net::Task<base::Result<LogPassage::Step>> LogPast::Reader::next() {
  while (!run_->ready(seat_) && !run_->missed(seat_) && run_->state() == LogRun::State::reading)
    co_await seat_.changed.wait();
  Step step;
  if (run_->ready(seat_)) {
    step.frame = run_->take(seat_);
  } else if (run_->state() == LogRun::State::failed && !run_->missed(seat_)) {
    co_return run_->error();
  } else {
    step.whole = run_->state() == LogRun::State::whole && !run_->missed(seat_);
  }
  co_return std::move(step);
}

void LogPast::enlist(Reader& reader) {
  for (const bool seeks : {false, true}) {
    for (LogRun& run : runs_) {
      const bool beyond = !docker::lacks(reader.seat_.at, run.until().reached);
      if (!beyond && run.admit(reader.seat_, seeks)) return sit(reader, run);
    }
  }
  waiting_.push_back(&reader);
  if (!collecting_.running()) collecting_ = net::Job(collect());
}

void LogPast::leave(Reader& reader) {
  std::erase(waiting_, &reader);
  if (waiting_.empty()) collecting_ = {};
  LogRun* run = std::exchange(reader.run_, nullptr);
  if (run == nullptr) return;
  run->leave(reader.seat_);
  if (run->deserted()) runs_.remove_if([run](const LogRun& each) { return &each == run; });
}

net::Task<void> LogPast::collect() {
  while (!waiting_.empty()) {
    co_await shared_.runs.feeds.parts.loop.sleep(gather);
    net::Gate::Place place = co_await shared_.runs.reads.enter();
    begin(std::move(place));
  }
}

void LogPast::begin(net::Gate::Place place) {
  docker::Position first = waiting_.front()->seat_.at;
  for (const Reader* reader : waiting_) {
    const docker::Position& at = reader->seat_.at;
    if (docker::behind(at, first) && docker::covers(first, at)) first = at;
  }
  LogRun& run = runs_.emplace_back(shared_.runs, feed_, first);
  std::erase_if(waiting_, [this, &run](Reader* reader) {
    if (!run.admit(reader->seat_, true)) return false;
    sit(*reader, run);
    return true;
  });
  run.start(std::move(place));
}

// It learns how its ring goes on where that can still be told: else it looks for that when it has come there.
void LogPast::sit(Reader& reader, LogRun& run) {
  reader.run_ = &run;
  reader.goal_ = {run.until(), {}};
  const docker::Standpoint& now = feed_.standpoint();
  if (now.told == run.until().told && now.reached == run.until().reached)
    reader.goal_.joint = feed_.rings().joint(reader.shape_, now);
  reader.seat_.changed.notify();
}

}  // namespace feeds
