// LogPast: the past of one container's log for followers who go on from a position behind the ring: a thousand who come
// back together cost Docker a few reads, not a thousand. Those who wait for a read when one may begin share it, from
// the earliest of their places on; who comes later has a seat in a run that holds its place still, or will soon.
//
// Owner and thread: LogFeeds, control loop, beside the channel's LogFeed. A run lives as long as somebody has a seat in
// it. Bounds: LogRun's; as many reads at once as `reads` lets in. Not here: who begins by a tail or a time, or stands
// between the parts of a line or at a place that it knows by another name (docker::Standpoint): they read by
// themselves.
#pragma once

#include <list>
#include <vector>

#include "feeds/log_passage.hpp"
#include "feeds/log_run.hpp"

namespace feeds {

class LogPast {
 public:
  struct Shared {
    LogRun::Shared runs;
    std::uint64_t& saved;  // reads of Docker: a counter
  };
  class Reader;

  LogPast(const Shared& shared, LogFeed& feed) : shared_(shared), feed_(feed) {}

 private:
  void enlist(Reader& reader);
  void leave(Reader& reader);
  net::Task<void> collect();
  void begin(net::Gate::Place place);
  void sit(Reader& reader, LogRun& run);

  Shared shared_;
  LogFeed& feed_;
  std::list<LogRun> runs_;
  std::vector<Reader*> waiting_;
  net::Job collecting_;
};

// A follower's. It lives in the follower's coroutine, no longer than the LogPast.
class LogPast::Reader final : public LogPassage {
 public:
  // `at`: where it stands, by all its names, behind the feed.
  Reader(LogPast& past, const docker::Position& at, const Shape& shape);
  ~Reader() override { past_.leave(*this); }

  // Waits for a seat; false: its place is in no run, and it reads by itself.
  net::Task<bool> find();

  const Goal& goal() const override { return goal_; }
  net::Task<base::Result<docker::HistoryStart>> start() override;
  net::Task<base::Result<Step>> next() override;
  const docker::Position& position() const override { return run_->position(); }
  bool in_the_way() const override { return false; }

 private:
  friend class LogPast;
  bool settled() const;
  bool found() const;

  LogPast& past_;
  const Shape shape_;
  LogRun::Seat seat_;
  LogRun* run_ = nullptr;
  Goal goal_;
};

}  // namespace feeds
