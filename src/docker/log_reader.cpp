#include "docker/log_reader.hpp"

#include <algorithm>

#include "net/random.hpp"

namespace docker {
namespace {

using namespace std::chrono_literals;

constexpr net::Duration backoff_first = 100ms, backoff_max = 10s;
// Before it is read on where it was read to its end, or was cut off: nobody asks an Engine a thousand times a second.
constexpr net::Duration look_step = 5ms, look_most = 25ms;
constexpr std::uint64_t few_of_a_follow = 8;  // records
constexpr net::Duration later_step = 20ms;    // of a log that is just being rotated
constexpr int later_max = 20;
constexpr int failures_told = 2;                // in a row: one may be a cut connection, which is nobody's business
constexpr std::uint64_t few_for_follow = 4096;  // new records of a read: a follow asks for four times as many
constexpr net::Duration silence_first = 1s;
constexpr net::Duration place_shown = 10s;                            // by a follow that shows anything
constexpr net::Duration stopped_look = 30s;                           // should an event be lost
constexpr net::Duration patience_first = 20s, patience_most = 10min;  // longer each time: it may search a huge log

}  // namespace

LogReader::LogReader(Client& client, LogSource source, const Position& start, LogSink& sink)
    : client_(client),
      loop_(client.loop()),
      source_(std::move(source)),
      sink_(sink),
      start_(start),
      batch_(start),
      silence_(silence_first),
      patience_(patience_first),
      woken_(loop_) {
  job_ = net::Job(run());
}

// --- what the cursor finds -------------------------------------------------------------------------------------------

void LogReader::on_line(const Line& line) {
  const net::WallTime time{net::Duration(line.time_ns)};
  if (!run_end_ || (held_.empty() && time <= *run_end_)) return deliver(line);
  held_.add(line);
  if (held_.full()) release(std::nullopt);
}

void LogReader::deliver(const Line& line) {
  if (next_run_ && net::WallTime(net::Duration(line.time_ns)) >= next_run_->first_line) next_run();
  batch_.add(line);
  if (batch_.full()) pass_on();
}

// What was written behind the end of a run is its own (the daemon empties the pipes), or the next one's.
void LogReader::release(std::optional<NextRun> next_run) {
  run_end_.reset();
  next_run_ = next_run;
  LogBatch held = std::exchange(held_, LogBatch());
  for (const Line& line : held.lines()) deliver(line);
}

void LogReader::on_gap(const Gap& gap) {
  if (!held_.empty()) release(std::nullopt);
  pass_on();
  sink_.on_gap(gap);
  batch_.position = gap.to;
  batch_.clear();
}

void LogReader::pass_on() {
  if (batch_.empty()) return;
  sink_.on_lines(batch_);
  batch_.clear();
}

// --- the reader's life -----------------------------------------------------------------------------------------------

net::Task<void> LogReader::run() {
  for (;;) {
    auto turned = co_await turn();
    if (turned && !*turned) co_return;
    if (turned) {
      failures_ = 0;
      continue;
    }
    ++failures_;
    if (failures_ == failures_told && !std::exchange(down_, true)) sink_.on_state(LogEvent::source_down);
    co_await loop_.sleep(backoff_first);
    const net::Timer late = loop_.after(backoff(), [this] { woken_.notify(); });
    co_await woken_.wait();  // the Engine may be heard of earlier
  }
}

net::Duration LogReader::backoff() {
  const net::Duration most = std::min<net::Duration>(backoff_first * (1 << std::min(failures_, 8)), backoff_max);
  return net::Duration(static_cast<std::int64_t>(loop_.random().unit() * static_cast<double>(most.count())));
}

// Reads to the log's end, then follows a run to its end, or waits for the next one. False: the container is gone.
net::Task<base::Result<bool>> LogReader::turn() {
  auto now = co_await client_.inspect(source_.container.id);
  if (!now && now.error().fault == base::Fault::not_found) {
    if (cursor_) cursor_->flush_removed(*this);
    pass_on();
    sink_.on_state(LogEvent::removed);
    co_return false;
  }
  if (!now) co_return now.error();
  if (!cursor_) {
    auto prepared = co_await prepare(*now);
    if (!prepared) co_return prepared.error();
  }
  const bool next = now->running() && now->started != run_;
  if (next) next_run_ = {now->started.value_or(net::WallTime{}), now->run_border()};
  if (!now->running()) {
    run_end_ = now->finished;
  } else if (run_end_) {  // it was started again while the Engine could not be read
    release(next_run_);
  }
  auto caught_up = co_await catch_up(now->running() ? few_for_follow : 0);
  if (!caught_up) co_return caught_up.error();
  if (std::exchange(down_, false)) sink_.on_state(LogEvent::recovered);
  if (now->running()) {
    if (next_run_) next_run();
    run_ = now->started;
    net::Task<base::Result<void>> whole_run = strategy_ == LogStrategy::poll_with_doorbell ? poll() : follow();
    auto ended = co_await std::move(whole_run);
    if (!ended) co_return ended.error();
    co_return true;
  }
  if (!held_.empty()) {
    auto then = co_await client_.inspect(source_.container.id);
    const bool begun = then && then->started && then->started != now->started;
    if (begun) run_ = then->started;
    release(begun ? std::optional(NextRun{*then->started, then->run_border()}) : std::nullopt);
    if (begun) {
      if (next_run_) next_run();
      co_return true;
    }
  }
  run_end_.reset();
  run_ended();
  net::Timer look = loop_.after(stopped_look, [this] { woken_.notify(); });
  co_await woken_.wait();
  co_return true;
}

net::Task<base::Result<void>> LogReader::prepare(const Container& now) {
  auto version = co_await client_.version();
  if (!version) co_return version.error();
  const Container& container = source_.container;
  const LogReading reading = choose_strategy(version->api_minor, container.log_driver, container.log_options);
  strategy_ = reading.strategy;
  LogCursor::Options options;
  options.tty = container.tty;
  options.rotates = reading.rotates;
  options.replays = reading.replays;
  options.file_bytes = reading.file_bytes;
  cursor_.emplace(start_, options);
  // The followers know the run that we find if it was on when their channel began, if no end lies before it, or if they
  // have a line behind that end. Where none of this holds, its beginning is told, perhaps again.
  const bool known = now.started == container.started || !now.finished || knows_beyond(*now.finished);
  if (now.running() && known) run_ = now.started;
  co_return base::Result<void>();
}

bool LogReader::knows_beyond(net::WallTime time) const {
  return std::any_of(start_.marks.begin(), start_.marks.end(), [time](const Mark& mark) {
    return mark.count > 0 && net::WallTime(net::Duration(mark.max_ns)) > time;
  });
}

// Between the last line of a run and the first of the next one. What may have gone on did not.
void LogReader::next_run() {
  run_ = std::exchange(next_run_, std::nullopt)->start;
  pass_on();
  if (!std::exchange(told_stopped_, false)) sink_.on_state(LogEvent::stopped);
  sink_.on_state(LogEvent::restarted);
}

void LogReader::run_ended() {
  cursor_->flush(*this);
  pass_on();
  if (!std::exchange(told_stopped_, true)) sink_.on_state(LogEvent::stopped);
}

// Plain reads, until one of them ends with no more than `left` new records behind a proved overlap.
net::Task<base::Result<void>> LogReader::catch_up(std::uint64_t left) {
  for (int later = 0, looks = 0;;) {
    auto read = co_await read_once(false);
    if (!read) co_return read.error();
    const bool at_end = verdict_ == LogCursor::Verdict::caught_up || verdict_ == LogCursor::Verdict::reached;
    if (at_end && cursor_->fresh() <= left) co_return base::Result<void>();
    if (verdict_ == LogCursor::Verdict::later) {
      if (++later > later_max) co_return base::Error{base::Fault::unavailable, "The log does not stand still"};
      co_await loop_.sleep(later_step * later);
    }
    const bool broken = verdict_ == LogCursor::Verdict::broken;
    const bool got_us_on = cursor_->fresh() > 0;
    if (broken && !got_us_on) co_return base::Error{base::Fault::closed, "The Engine cut the log off"};
    if (broken || at_end) co_await loop_.sleep(std::min<net::Duration>(look_step * ++looks, look_most));
  }
}

// One request; what has arrived at once is passed on at once. A cut is the cursor's business, in verdict_.
net::Task<base::Result<void>> LogReader::read_once(bool follow) {
  const ReadPlan plan = cursor_->begin(follow, loop_.wall_now().time_since_epoch().count());
  ++(follow ? counts_.follows : counts_.reads);
  LogQuery query;
  query.tail = plan.tail;
  query.follow = plan.follow;
  query.silence_max = patience_;
  auto body = co_await client_.logs(source_.container.id, query);
  if (!body) co_return body.error();
  if (follow) sink_.on_state(LogEvent::live);
  LogRecords records(source_.container.tty);
  LogRecord record;
  bool stop = false, clean = false, shown = false;
  const net::Instant due = loop_.now() + place_shown;
  while (!stop && !records.failed()) {
    auto next = (*body)->next();
    // Behind a step of the clock all that rotation left looks old, and what is written then, too.
    const bool astray = follow && shown && !cursor_->proved();
    if (astray) next = net::with_deadline(loop_, std::max(due - loop_.now(), net::Duration::zero()), std::move(next));
    auto bytes = co_await std::move(next);
    if (!bytes && bytes.error().fault == base::Fault::timed_out) patience_ = std::min(2 * patience_, patience_most);
    if (!bytes) break;
    clean = bytes->empty();
    if (clean) break;
    records.feed(*bytes);
    shown = true;
    const std::int64_t arrived = loop_.wall_now().time_since_epoch().count();
    for (; !stop && records.next(record); ++counts_.records)
      stop = cursor_->take(record, arrived, *this) == LogCursor::Step::stop;
    pass_on();
  }
  if (clean && records.finish(record)) cursor_->take(record, loop_.wall_now().time_since_epoch().count(), *this);
  verdict_ = cursor_->end(clean && !records.failed(), *this);
  counts_.suspected = cursor_->suspected();
  counts_.fresh += cursor_->fresh();
  if (cursor_->fresh() > 0) {  // it got us on: whatever fails next begins with a short wait
    silence_ = silence_first;
    failures_ = 0;
  }
  pass_on();
  co_return base::Result<void>();
}

net::Task<base::Result<void>> LogReader::follow() {
  const std::uint64_t suspected = cursor_->suspected();
  auto read = co_await read_once(true);
  if (!read) co_return read.error();
  // Follows that end at once, without a line, must not become a busy loop. Where the container was restarted, and the
  // Engine has called it running all the while, an event says when its next run is there.
  const bool idle = cursor_->fresh() == 0 && cursor_->suspected() == suspected;
  idle_follows_ = idle ? std::min(idle_follows_ + 1, 6) : 0;
  if (idle_follows_ > 1) {
    const net::Timer late = loop_.after(backoff_first * (1 << idle_follows_), [this] { woken_.notify(); });
    co_await woken_.wait();
  }
  // Nor those that end at each line: behind a step of the clock, or where connections are cut.
  if (!idle && cursor_->fresh() < few_of_a_follow) co_await loop_.sleep(look_most);
  co_return base::Result<void>();
}

}  // namespace docker
