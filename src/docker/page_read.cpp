#include "docker/page_read.hpp"

#include "docker/log_survey.hpp"

namespace docker {
namespace {

base::Error too_long(const LogSource& source) {
  return {base::Fault::too_large, "The log of " + source.container.id +
                                      " has a line of more than 8 MiB here; subscribe to it or download it instead."};
}

bool over(const Container& container) { return !container.running() && !container.restarting(); }

// Lines from the front, as many as may be; false when it is full, and more would come.
class Collected {
 public:
  Collected(const PageFrom& from, LogPage& page) : from_(from), page_(page) {}

  bool add(HistoryChunk& chunk) {
    if (full()) return false;
    if (chunk.gap) {
      page_.last = chunk.gap->to;
      page_.chunks.push_back(std::make_unique<HistoryChunk>(HistoryChunk{LogBatch(page_.last), chunk.gap}));
      return true;
    }
    auto lines = std::make_unique<HistoryChunk>(HistoryChunk{LogBatch(page_.last), {}});
    bool room = true;
    for (const Line& line : chunk.batch.lines()) {
      room = !full();
      if (!room) break;
      lines->batch.add(line);
      bytes_ += line.text.size();
      line_bytes_ = goes_on_ ? line_bytes_ + line.text.size() : line.text.size();
      goes_on_ = line.partial;
      count_ += line.partial ? 0 : 1;
    }
    page_.last = lines->batch.position;
    if (!lines->batch.empty()) page_.chunks.push_back(std::move(lines));
    return room;
  }
  bool too_long() const { return line_bytes_ > LogSurvey::line_bytes_max; }

 private:
  bool full() const { return !goes_on_ && (count_ == from_.lines || (count_ > 0 && bytes_ > from_.page_bytes)); }

  const PageFrom& from_;
  LogPage& page_;
  std::uint64_t count_ = 0;
  std::size_t bytes_ = 0, line_bytes_ = 0;
  bool goes_on_ = false;
};

net::Task<base::Result<LogPage>> read_onward(Client& client, net::Loop& loop, const LogSource& source,
                                             const PageFrom& from) {
  HistoryRead::Options options;
  options.over = over(source.container);
  HistoryRead read(client, loop, source, options);
  HistoryFrom where = HistoryFrom::range(from.since_ns, {});
  where.position = from.after;
  auto start = co_await read.start(where);
  if (!start) co_return start.error();
  LogPage page;
  page.first = page.last = start->position;
  Collected collected(from, page);
  for (;;) {
    auto chunk = co_await read.next();
    if (!chunk) co_return chunk.error();
    if ((*chunk)->end()) break;
    page.more = !collected.add(**chunk);
    if (collected.too_long()) co_return too_long(source);
    if (page.more) break;
  }
  co_return std::move(page);
}

net::Task<base::Result<LogPage>> read_back(Client& client, const LogSource& source, const PageFrom& from) {
  LogPage page;
  page.first = page.last = from.before.value_or(source.log);
  if (from.before && from.before->marks == source.log.marks) co_return std::move(page);  // nothing is before the log
  LogSurvey::Options options{source.container.tty, from.lines, {}, from.before};
  options.page_bytes = from.page_bytes;
  options.depth = from.depth;
  options.over = over(source.container);
  LogSurvey survey(source.log, options);
  auto done = co_await take_survey(client, source, survey);
  if (!done) co_return done.error();
  if (survey.lines().empty() && from.before) co_return std::move(page);
  page.first = survey.position();
  page.more = survey.more();
  page.depth = survey.depth();
  auto chunk = std::make_unique<HistoryChunk>(HistoryChunk{LogBatch(page.first), {}});
  for (const LogSurvey::Kept& kept : survey.lines()) {
    if (kept.text->too_long) co_return too_long(source);
    std::size_t begin = 0;
    const std::string_view text = kept.text->bytes;
    for (const std::size_t end : kept.text->cuts) {
      chunk->batch.add({kept.stream, true, kept.time_ns, kept.mark, text.substr(begin, end - begin)});
      begin = end;
    }
    chunk->batch.add({kept.stream, false, kept.time_ns, kept.mark, text.substr(begin)});
  }
  page.last = from.before.value_or(chunk->batch.position);
  if (!chunk->batch.empty()) page.chunks.push_back(std::move(chunk));
  co_return std::move(page);
}

}  // namespace

net::Task<base::Result<LogPage>> read_page(Client& client, net::Loop& loop, LogSource source, PageFrom from) {
  if (from.after || from.since_ns) {
    auto page = co_await read_onward(client, loop, source, from);
    co_return std::move(page);
  }
  auto page = co_await read_back(client, source, from);
  co_return std::move(page);
}

}  // namespace docker
