#include "docker/history_read.hpp"

#include "docker/log_strategy.hpp"
#include "docker/log_survey.hpp"

namespace docker {
namespace {

using namespace std::chrono_literals;

constexpr int later_max = 20;  // of a log that is being rotated; each a little later than the one before
constexpr net::Duration later_step = 20ms;

LogQuery query_of(const ReadPlan& plan) {
  LogQuery query;
  query.tail = plan.tail;
  query.until_ns = plan.until_ns;
  query.follow = plan.follow;
  return query;
}

}  // namespace

HistoryRead::HistoryRead(Client& client, net::Loop& loop, const LogSource& source, Options options)
    : client_(client), loop_(loop), source_(source), options_(options) {}

void HistoryRead::on_line(const Line& line) {
  const bool fits = !chunks_.empty() && !chunks_.back()->gap && !chunks_.back()->batch.full();
  if (!fits || chunks_.back()->batch.position != at_)
    chunks_.push_back(std::make_unique<HistoryChunk>(HistoryChunk{LogBatch(at_), {}}));
  chunks_.back()->batch.add(line);
  reach(at_, line);
}

void HistoryRead::on_gap(const Gap& gap) {
  at_ = gap.to;
  chunks_.push_back(std::make_unique<HistoryChunk>(HistoryChunk{LogBatch(at_), gap}));
}

net::Task<base::Result<HistoryStart>> HistoryRead::start(HistoryFrom from) {
  auto position = co_await find(from);
  if (!position) co_return position.error();
  begin(*position, LogLandmark::Known::untold);
  if (options_.until && cursor_->done()) {
    ended_ = true;
    co_return HistoryStart{*position, {}, true};
  }
  // Only the first line, or the log's end, proves that nothing is missing before it.
  auto filled = co_await fill();
  if (!filled) co_return filled.error();
  HistoryStart start{*position, {}, chunks_.empty()};
  if (!chunks_.empty()) start.gap = chunks_.front()->gap;
  co_return start;
}

void HistoryRead::begin(const Position& at, LogLandmark::Known until_is) {
  at_ = at;
  LogCursor::Options options;
  options.tty = source_.container.tty;
  options.rotates = log_rotates(source_.container.log_driver, source_.container.log_options);
  options.until = options_.until;
  options.sought = options_.sought;
  options.until_is = until_is;
  cursor_.emplace(at, options);
}

net::Task<base::Result<Position>> HistoryRead::find(HistoryFrom from) {
  const bool surveyed = from.tail || from.since_ns;
  if (!surveyed) co_return from.position ? *from.position : source_.log;
  co_return co_await survey(from);
}

net::Task<base::Result<Position>> HistoryRead::survey(const HistoryFrom& from) {
  LogSurvey::Options options{source_.container.tty, from.tail, from.since_ns, options_.until, from.position};
  options.over = options_.over;
  LogSurvey survey(source_.log, options);
  auto done = co_await take_survey(client_, source_, survey);
  if (!done) co_return done.error();
  co_return survey.position();
}

net::Task<base::Result<void>> take_survey(Client& client, const LogSource& source, LogSurvey& survey) {
  for (;;) {
    auto body = co_await client.logs(source.container.id, query_of(survey.begin()));
    if (!body) co_return body.error();
    LogRecords records(source.container.tty);
    bool stopped = false;
    LogRecord record;
    for (;;) {
      auto bytes = co_await (*body)->next();
      if (!bytes) co_return bytes.error();
      if (bytes->empty()) break;
      records.feed(*bytes);
      while (!stopped && records.next(record)) stopped = survey.take(record) == LogCursor::Step::stop;
      if (stopped) break;
      if (records.failed()) co_return *records.failed();
    }
    if (!stopped && records.finish(record)) survey.take(record);
    switch (survey.end(true)) {
      case LogSurvey::Verdict::found:
        co_return base::Result<void>();
      case LogSurvey::Verdict::wider:
        break;
      case LogSurvey::Verdict::broken:
        co_return base::Error{base::Fault::closed, "The Engine ended the log of " + source.container.id + " early"};
    }
  }
}

net::Task<base::Result<void>> HistoryRead::open(ReadPlan plan) {
  auto body = co_await client_.logs(source_.container.id, query_of(plan));
  if (!body) co_return body.error();
  body_ = std::move(*body);
  records_.emplace(source_.container.tty);
  co_return base::Result<void>();
}

net::Task<base::Result<std::unique_ptr<HistoryChunk>>> HistoryRead::next() {
  auto filled = co_await fill();
  if (!filled) co_return filled.error();
  auto chunk = std::make_unique<HistoryChunk>(HistoryChunk{LogBatch(at_), {}});
  if (!chunks_.empty()) {
    chunk = std::move(chunks_.front());
    chunks_.pop_front();
  }
  co_return chunk;
}

// Reads until a chunk is full, or there is nothing more.
net::Task<base::Result<void>> HistoryRead::fill() {
  LogRecord record;
  const auto full = [this] {
    return chunks_.size() > 1 || (!chunks_.empty() && (chunks_.front()->gap || chunks_.front()->batch.full()));
  };
  while (!ended_ && !full()) {
    if (!body_) {
      auto opened = co_await open(cursor_->begin(false));
      if (!opened) co_return opened.error();
    }
    bool stop = false;
    while (!stop && !full() && records_->next(record)) stop = cursor_->take(record, 0, *this) == LogCursor::Step::stop;
    if (full() && !stop) break;
    bool clean = !stop;
    if (!stop && !records_->failed()) {
      auto bytes = co_await body_->next();
      if (bytes && !bytes->empty()) {
        records_->feed(*bytes);
        continue;
      }
      clean = bytes.has_value();
      if (clean && records_->finish(record)) cursor_->take(record, 0, *this);
    }
    auto finished = co_await finish(clean && !records_->failed());
    if (!finished) co_return finished.error();
  }
  co_return base::Result<void>();
}

net::Task<base::Result<void>> HistoryRead::finish(bool clean) {
  body_.reset();
  switch (cursor_->end(clean, *this)) {
    case LogCursor::Verdict::caught_up:
      if (options_.over) cursor_->flush(*this);
      ended_ = true;
      break;
    case LogCursor::Verdict::reached:
      ended_ = true;
      break;
    case LogCursor::Verdict::wider:
      break;
    case LogCursor::Verdict::again:
      begin(Position(cursor_->position()), cursor_->until_is());
      break;
    case LogCursor::Verdict::later:
      if (++later_ > later_max)
        co_return base::Error{base::Fault::unavailable, "The log of " + source_.container.id + " does not stand still"};
      co_await loop_.sleep(later_step * later_);
      break;
    case LogCursor::Verdict::broken:
      co_return base::Error{base::Fault::closed, "The Engine cut the log of " + source_.container.id + " off"};
  }
  co_return base::Result<void>();
}

net::Task<base::Result<Position>> read_present(Client& client, net::Loop& loop, const LogSource& source) {
  HistoryRead read(client, loop, source, {});
  co_return co_await read.find(HistoryFrom::range({}, 0));
}

}  // namespace docker
