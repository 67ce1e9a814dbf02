// The two sources of a download. The Engine's own words are what `docker logs` prints, to the byte, by one plain read
// that the Engine itself cuts to what is wanted. Lines are read as followers are given them: where somebody goes on
// from a position, which the Engine does not know, and where each line is an object.
#include "base/json_text.hpp"
#include "docker/history_read.hpp"
#include "docker/timestamp.hpp"
#include "feeds/log_download.hpp"

namespace feeds {
namespace {

constexpr std::size_t piece_bytes = docker::LogBatch::bytes_full;

std::string stamp(std::int64_t time_ns) { return docker::format_time(net::WallTime(net::Duration(time_ns))); }

class EngineWords final : public DownloadSource {
 public:
  EngineWords(docker::Client& engine, const Download& asked)
      : engine_(engine), asked_(asked), records_(asked.container.tty) {}

  net::Task<base::Result<void>> begin() override {
    docker::LogQuery query;
    query.since_ns = asked_.start.since_ns;
    query.until_ns = asked_.until_ns;
    query.tail = asked_.start.tail;
    query.out = asked_.out;
    query.err = asked_.err;
    auto body = co_await engine_.logs(asked_.container.id, query);
    if (!body) co_return body.error();
    body_ = std::move(*body);
    co_return base::Result<void>();
  }

  net::Task<base::Result<std::string>> next() override {
    std::string piece;
    docker::LogRecord record;
    while (piece.size() < piece_bytes && !ended_ && !failed_) {
      while (piece.size() < piece_bytes && records_.next(record)) print(record, piece);
      if (piece.size() >= piece_bytes) break;
      failed_ = records_.failed();
      if (failed_) break;
      auto bytes = co_await body_->next();
      if (!bytes) {
        failed_ = bytes.error();
        break;
      }
      ended_ = bytes->empty();
      if (!ended_) records_.feed(*bytes);
      if (ended_ && records_.finish(record)) print(record, piece);
    }
    if (piece.empty() && failed_) co_return *failed_;  // behind what came whole
    co_return std::move(piece);
  }

 private:
  void print(const docker::LogRecord& record, std::string& piece) const {
    if (asked_.form == Download::Form::stamped) piece.append(stamp(record.time_ns)).append(" ");
    piece += record.payload;
  }

  docker::Client& engine_;
  const Download& asked_;
  std::unique_ptr<http::Body> body_;
  docker::LogRecords records_;
  std::optional<base::Error> failed_;
  bool ended_ = false;
};

class Lines final : public DownloadSource {
 public:
  Lines(docker::Client& engine, net::Loop& loop, const Download& asked, const docker::Position& log)
      : asked_(asked), read_(engine, loop, {asked.container, log}, options_of(asked)) {}

  net::Task<base::Result<void>> begin() override {
    docker::HistoryFrom from = docker::HistoryFrom::range(asked_.start.since_ns, asked_.start.tail);
    from.position = asked_.start.after;
    auto start = co_await read_.start(from);
    if (!start) co_return start.error();
    co_return base::Result<void>();
  }

  net::Task<base::Result<std::string>> next() override {
    std::string piece;
    while (piece.empty() && !ended_) {  // a chunk may show nothing of the one stream that is wanted
      auto next = co_await read_.next();
      if (!next) co_return next.error();
      docker::HistoryChunk& chunk = **next;
      ended_ = chunk.end();
      if (chunk.gap) gap_ = chunk.gap;
      for (const docker::Line& line : chunk.batch.lines()) print(line, piece);
      if (ended_ && gap_ && asked_.form == Download::Form::json) piece = "{" + gap_json() + "}\n";
    }
    co_return std::move(piece);
  }

 private:
  static docker::HistoryRead::Options options_of(const Download& asked) {
    docker::HistoryRead::Options options;
    options.until = asked.until;
    options.over = !asked.container.running() && !asked.container.restarting();
    return options;
  }

  void print(const docker::Line& line, std::string& piece) {
    ended_ = ended_ || (asked_.until_ns && line.time_ns > *asked_.until_ns);  // Docker, too, stops at the first one
    if (ended_ || !(line.stream == docker::LogStream::out ? asked_.out : asked_.err)) return;
    if (asked_.form == Download::Form::json) return print_json(line, piece);
    if (asked_.form == Download::Form::stamped) piece.append(stamp(line.time_ns)).append(" ");
    piece += line.text;
    if (!line.partial) piece += asked_.container.tty ? "\r\n" : "\n";
  }

  void print_json(const docker::Line& line, std::string& piece) {
    piece.append("{\"time\":\"").append(stamp(line.time_ns));
    piece += line.stream == docker::LogStream::out ? "\",\"stream\":\"stdout\",\"data\":"
                                                   : "\",\"stream\":\"stderr\",\"data\":";
    base::append_json_string(piece, line.text);
    if (line.partial) piece += ",\"partial\":true";
    if (gap_) piece.append(",").append(gap_json());
    piece += "}\n";
  }

  // What is missing before the line that tells it.
  std::string gap_json() {
    const docker::Gap gap = *std::exchange(gap_, std::nullopt);
    return "\"gap\":{\"from\":\"" + gap.from.print() + "\",\"to\":\"" + gap.to.print() + "\",\"reason\":\"" +
           std::string(gap.reason) + "\"}";
  }

  const Download& asked_;
  docker::HistoryRead read_;
  std::optional<docker::Gap> gap_;  // not told yet
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<DownloadSource> make_download_source(docker::Client& engine, net::Loop& loop, const Download& asked,
                                                     const docker::Position& log) {
  const bool as_docker = asked.form != Download::Form::json && !asked.start.after && !asked.until;
  if (as_docker) return std::make_unique<EngineWords>(engine, asked);
  return std::make_unique<Lines>(engine, loop, asked, log);
}

}  // namespace feeds
