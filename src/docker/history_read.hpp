// HistoryRead: a stretch of one container's log, pulled chunk by chunk: what a follower asked for when it came, or what
// somebody missed. Plain reads (never a follow), opened again where the cursor asks for it. Who pulls slowly holds a
// read open and costs the daemon nothing.
//
// Thread: the client's loop. Destroying it ends it, but not while one of its tasks runs. Bounds: one chunk of 32 KiB,
// or of one line, and what LogCursor holds.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "docker/client.hpp"
#include "docker/log_batch.hpp"
#include "docker/log_cursor.hpp"
#include "docker/log_source.hpp"
#include "net/loop.hpp"

namespace docker {

// Where to begin: behind a position, at a time, by a number of lines (what all that are given allow; none: everything).
struct HistoryFrom {
  std::optional<Position> position;
  std::optional<std::int64_t> since_ns;
  std::optional<std::uint64_t> tail;

  static HistoryFrom after(const Position& position) { return {position, {}, {}}; }
  static HistoryFrom range(std::optional<std::int64_t> since_ns, std::optional<std::uint64_t> tail) {
    return {{}, since_ns, tail};
  }
};

struct HistoryStart {
  Position position;       // before the first line
  std::optional<Gap> gap;  // it begins with one: the position's next records are gone
  bool nothing = false;    // no gap and no line will come
};

// A gap, or lines; neither at the end.
struct HistoryChunk {
  LogBatch batch;
  std::optional<Gap> gap;

  bool end() const { return !gap && batch.empty(); }
};

class HistoryRead final : private LogOut {
 public:
  struct Options {
    std::optional<Position> until;   // records behind it are not delivered; it was taken before start() is called
    std::optional<Position> sought;  // where it is met, marks go on in its reckoning (LogCursor::Options)
    bool over = false;               // nothing runs that could write more: what may have gone on is a line
  };
  HistoryRead(Client& client, net::Loop& loop, const LogSource& source, Options options);

  // Only finds the position, and delivers nothing.
  net::Task<base::Result<Position>> find(HistoryFrom from);
  // Fault::not_found, unsupported (the driver keeps nothing to read), closed, timed_out, unavailable.
  net::Task<base::Result<HistoryStart>> start(HistoryFrom from);
  // After start(). Once a chunk is the end(), so are all that follow.
  net::Task<base::Result<std::unique_ptr<HistoryChunk>>> next();
  // Behind what was delivered.
  const Position& position() const { return at_; }

 private:
  void on_line(const Line& line) override;
  void on_gap(const Gap& gap) override;
  void on_reckoning(const Position& position) override { at_ = position; }

  void begin(const Position& at, LogLandmark::Known until_is);
  net::Task<base::Result<Position>> survey(const HistoryFrom& from);
  net::Task<base::Result<void>> fill();
  net::Task<base::Result<void>> open(ReadPlan plan);
  net::Task<base::Result<void>> finish(bool clean);

  Client& client_;
  net::Loop& loop_;
  const LogSource source_;
  const Options options_;
  std::optional<LogCursor> cursor_;
  Position at_;
  std::unique_ptr<http::Body> body_;  // of the read that is open
  std::optional<LogRecords> records_;
  std::deque<std::unique_ptr<HistoryChunk>> chunks_;
  int later_ = 0;
  bool ended_ = false;
};

class LogSurvey;
// Reads until it has found what it looks for.
net::Task<base::Result<void>> take_survey(Client& client, const LogSource& source, LogSurvey& survey);

// Where the log stands now. A stream that shows no record in a generous window from the log's end stands at a bound.
net::Task<base::Result<Position>> read_present(Client& client, net::Loop& loop, const LogSource& source);

}  // namespace docker
