// LogReader: reads one container's log on for as long as it lives: what an owner does.
//
//   catching up (plain reads, to the log's end) ──▶ running: following, or polling ──its end──▶ catching up
//                                               └─▶ stopped: waiting for wake()  ──────────────▶ catching up
//
// How a running container is read depends on whether its log rotates and on the Engine (docs/log-cursor.md): a follow;
// a follow with the lag watch; or, before 23.0, plain reads at most every 20 to 200 ms, a follow being only the
// doorbell. The sink takes everything at once, so no follow is ever held up by us. An Engine that does not answer is
// asked again after 0.1 to 10 s, with jitter.
//
// Thread: the client's loop. Destroying it ends it; not from within the sink. Bounds: two batches, and what LogCursor
// holds.
#pragma once

#include <optional>

#include "docker/client.hpp"
#include "docker/log_batch.hpp"
#include "docker/log_cursor.hpp"
#include "docker/log_source.hpp"
#include "docker/log_strategy.hpp"
#include "net/signal.hpp"

namespace docker {

enum class LogEvent {
  live,         // the follow of a run stands
  stopped,      // the last line of a run was delivered
  restarted,    // the next run has begun
  removed,      // the container is gone; the reader is at its end
  source_down,  // the Engine does not answer
  recovered,    // it does again
};

class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void on_lines(LogBatch& batch) = 0;
  virtual void on_gap(const Gap& gap) = 0;
  virtual void on_state(LogEvent event) = 0;
};

struct LogReaderCounts {
  std::uint64_t reads = 0, follows = 0, suspected = 0;  // requests, and how many follows were not believed
  std::uint64_t records = 0, fresh = 0;                 // that came, and those of them that were new
};

class LogReader final : private LogOut {
 public:
  LogReader(Client& client, LogSource source, const Position& start, LogSink& sink);

  // The container may have been started, or removed.
  void wake() { woken_.notify(); }
  const LogReaderCounts& counts() const { return counts_; }

 private:
  struct NextRun {
    net::WallTime start;       // as the Engine has it, up to some milliseconds behind the run's first lines
    net::WallTime first_line;  // is stamped so, or later
  };

  void on_line(const Line& line) override;
  void on_gap(const Gap& gap) override;

  net::Task<void> run();
  net::Task<base::Result<bool>> turn();
  net::Task<base::Result<void>> prepare(const Container& now);
  bool knows_beyond(net::WallTime time) const;
  net::Task<base::Result<void>> catch_up(std::uint64_t left);
  net::Task<base::Result<void>> read_once(bool follow);
  net::Task<base::Result<void>> follow();
  net::Task<base::Result<void>> poll();
  net::Task<bool> silence(const bool& rung, const bool& over);
  net::Task<void> ring(std::unique_ptr<http::Body> bell, bool& rung, bool& over);
  void deliver(const Line& line);
  void release(std::optional<NextRun> next_run);
  void next_run();
  void run_ended();
  void pass_on();
  net::Duration backoff();

  Client& client_;
  net::Loop& loop_;
  LogSource source_;
  LogSink& sink_;
  Position start_;
  LogStrategy strategy_ = LogStrategy::follow;
  std::optional<LogCursor> cursor_;
  LogBatch batch_;
  LogCursor::Verdict verdict_{};
  std::optional<net::WallTime> run_;      // when the run began that followers were told of
  std::optional<NextRun> next_run_;       // until its first line
  std::optional<net::WallTime> run_end_;  // lines behind it are held, until it is known whose they are
  LogBatch held_;
  net::Duration silence_;   // of a doorbell, that is believed
  net::Duration patience_;  // with a plain read that shows nothing
  bool told_stopped_ = false, down_ = false;
  int failures_ = 0, idle_follows_ = 0;
  LogReaderCounts counts_;
  net::Signal woken_;
  net::Job job_;
};

}  // namespace docker
