// LogPassage: a stretch of a container's log on its way to one follower, up to where the ring went on when it was
// begun: out of a read of its own (here), or of one that it shares (log_past.hpp). Thread: the control loop; it lives
// in the follower's coroutine. Bounds: docker::HistoryRead's. Not here: what the follower is told of it
// (log_history.hpp).
#pragma once

#include <optional>
#include <utility>

#include "docker/history_read.hpp"
#include "feeds/log_feed.hpp"
#include "net/gate.hpp"

namespace feeds {

class LogPassage {
 public:
  // Where it ends: at the feed's standpoint as the read began, and in the ring, if that was asked then.
  struct Goal {
    docker::Standpoint at;
    std::optional<LogRings::Joint> joint;

    const docker::Position& until() const { return at.reached; }
    const docker::Standpoint& end() const { return joint ? joint->at : at; }
  };
  struct Step {
    std::optional<LogFrame> frame;  // lines, or a gap; none: it is over
    bool whole = true;              // over: at its end. Else there is more, to be asked for anew
  };

  virtual ~LogPassage() = default;
  virtual const Goal& goal() const = 0;
  virtual net::Task<base::Result<docker::HistoryStart>> start() = 0;
  virtual net::Task<base::Result<Step>> next() = 0;
  // Where the log was read to, once start() said `nothing`, or it is over.
  virtual const docker::Position& position() const = 0;
  // Others wait to read Docker until it is over.
  virtual bool in_the_way() const = 0;
};

class LonePassage final : public LogPassage {
 public:
  LonePassage(LogFeed::Shared& shared, const net::Gate& reads, LogFeed& feed, const Goal& goal,
              docker::HistoryFrom from)
      : reads_(reads),
        goal_(goal),
        from_(std::move(from)),
        read_(shared.parts.engine, shared.parts.loop, feed.source(), {goal.until(), {}}) {}

  const Goal& goal() const override { return goal_; }
  net::Task<base::Result<docker::HistoryStart>> start() override { return read_.start(from_); }
  net::Task<base::Result<Step>> next() override {
    auto next = co_await read_.next();
    if (!next) co_return next.error();
    docker::HistoryChunk& chunk = **next;
    Step step;
    if (chunk.gap) step.frame = gap_frame(*chunk.gap);
    if (!chunk.batch.empty()) step.frame = lines_frame(chunk.batch);
    co_return std::move(step);
  }
  const docker::Position& position() const override { return read_.position(); }
  bool in_the_way() const override { return reads_.waiting() > 0; }

 private:
  const net::Gate& reads_;
  const Goal goal_;
  const docker::HistoryFrom from_;
  docker::HistoryRead read_;
};

}  // namespace feeds
