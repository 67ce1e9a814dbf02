// How the engines follow a log, faults included (docker-engine.md 3.4).
#include <algorithm>

#include "sim/sim_log_reading.hpp"

namespace sim {
namespace {

// From 23.0 on (loggerutils/follow.go): a position in numbered files. At a rotation the open file is read to its end,
// then the one that is current *then* is opened; whole files between are skipped and only the daemon's log says so.
class Follow26 final : public SimLogReading {
 public:
  using SimLogReading::SimLogReading;

 private:
  Next follow_next(Batch& batch) override {
    for (;;) {
      const SimLog::File& file = log_.file(file_);
      if (at_ < file.end) return offer(at_, file.end, batch) ? Next::records : Next::ended;
      const std::size_t current = log_.current_file();
      if (file_ == current) return log_.is_open() ? Next::wait : Next::ended;
      faults_.files_skipped += current - file_ - 1;
      faults_.records_skipped += log_.file(current).first - file.end;
      file_ = current;
      at_ = log_.file(current).first;
    }
  }
};

// Before 23.0 (loggerutils/logfile.go, followLogs): an inotify watch on the name, a queue of one "rotated" notice, and
// two mistakes. The first end of file after a rotation is taken for a truncation, since the new file is shorter than
// the old one was, so what was already read of it is read again. And a lagging reader handles a rename that happened
// long ago: it waits for a notice that is not for it, or takes one and opens the current file another time.
class Follow20 final : public SimLogReading {
 public:
  using SimLogReading::SimLogReading;

 private:
  void begin_follow() override { watched_ = log_.current_file(); }

  void on_append() override {
    if (watched_ == log_.current_file()) written_ = true;
    wake();
  }
  void on_rotate() override {
    if (log_.truncates()) {
      watched_ = log_.current_file();  // the same inode
      written_ = true;
    } else if (watched_ >= log_.oldest_file()) {  // it was moved on in the chain; equal events in a row are merged
      if (renames_ == 0 || random_.chance(0.5)) ++renames_;
      // The local driver makes further events; measured, a paced follow of it loses from none to most of its lines.
      if (log_.options().driver == LogDriver::local && random_.chance(0.5)) ++renames_;
    }
    notices_ = 1;
    wake();
  }

  Next follow_next(Batch& batch) override {
    for (bool wait = std::exchange(waiting_, false);; wait = true) {
      if (wait) {
        if (const Next what = wait_for_event(); what != Next::records) {
          waiting_ = what == Next::wait;
          return what;
        }
      }
      if (log_.truncates() && file_ != log_.current_file() && !read_over_truncation(batch)) return Next::ended;
      const SimLog::File& file = log_.file(file_);
      if (at_ < file.end) return offer(at_, file.end, batch) ? Next::records : Next::ended;
      if (const std::uint64_t size = file.bytes; size < std::exchange(size_before_, size) && at_ > file.first) {
        read_again(file);
        return offer(at_, file.end, batch) ? Next::records : Next::ended;
      }
    }
  }

  void read_again(const SimLog::File& file) {
    if (at_ == file.first) return;
    ++faults_.replays;
    faults_.records_replayed += at_ - file.first;
    at_ = file.first;
  }

  // `records`: read on. Where several events are ready Go takes any of them, and the end of the log is one.
  Next wait_for_event() {
    const bool closed = !log_.is_open();
    const bool event = written_ || renames_ + stale_ > 0;
    if (closed && (!event || random_.chance(0.5))) return end();
    if (stale_ == 0 && std::exchange(written_, false)) return Next::records;
    if (renames_ + stale_ == 0) return Next::wait;
    if (notices_ == 0) return closed ? end() : Next::wait;  // deaf, to writes too, until the next rotation
    notices_ = 0;
    stale_ += std::exchange(renames_, 0) - 1;
    reopen();
    return Next::records;
  }

  void reopen() {
    const std::size_t current = log_.current_file();
    const std::size_t first = log_.file(current).first;
    if (current == file_) {
      read_again(log_.file(file_));
    } else {
      faults_.files_skipped += current - file_ - 1;
      faults_.records_skipped += first - at_;
    }
    file_ = watched_ = current;
    at_ = first;
  }

  // The only file begins anew under the reader: seen at the end of file if it is shorter now, else read from its
  // middle.
  bool read_over_truncation(Batch& batch) {
    const SimLog::File& old = log_.file(file_);
    const std::size_t current = log_.current_file();
    const std::uint64_t consumed = at_ == old.first ? 0 : log_.records()[at_ - 1].file_end;
    faults_.records_skipped += log_.file(current).first - at_;
    file_ = current;
    at_ = log_.file(current).first;
    if (log_.file(current).bytes < consumed || consumed == 0) {
      size_before_ = 0;
      return true;
    }
    ++faults_.garbled;
    batch.error = "invalid character 'l' looking for beginning of value";
    return false;
  }

  Next end() {
    if (at_ < log_.records().size()) ++faults_.tails_lost_at_exit;
    return Next::ended;
  }

  std::size_t watched_ = 0;  // the file that inotify tells about
  std::uint64_t size_before_ = 0;
  bool waiting_ = false;  // inside the choice of events, at an end of file
  bool written_ = false;
  int renames_ = 0;  // behind what was written
  int stale_ = 0;    // renames of a file that is not open any more: before it
  int notices_ = 0;
};

}  // namespace

std::unique_ptr<SimLogReading> start_reading(SimLog& log, LogRequest request, net::Random& random,
                                             FollowFaults& faults) {
  if (log.generation() == Generation::docker_26) {
    return std::make_unique<Follow26>(log, std::move(request), random, faults);
  }
  return std::make_unique<Follow20>(log, std::move(request), random, faults);
}

}  // namespace sim
