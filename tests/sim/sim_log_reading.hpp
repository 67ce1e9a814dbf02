// SimLogReading: one request for /containers/{id}/logs, as the two engines answer it: first the files as they were at
// the request (`tail` before `since`), then, with `follow`, what is written. How an engine follows, and what it loses,
// repeats and forgets at a rotation or at the end, is in sim_follow.cpp. A state machine without I/O: next() says what
// to send, or that there is nothing before wake() was called.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/random.hpp"
#include "sim/sim_log.hpp"

namespace sim {

struct LogRequest {
  bool out = false, err = false, timestamps = false, follow = false;
  int tail = -1;  // < 0: all
  std::optional<std::int64_t> since = {}, until = {};
};

// How often each way to go wrong was really taken.
struct FollowFaults {
  std::uint64_t files_skipped = 0;    // whole files, never shown to a follower
  std::uint64_t records_skipped = 0;  // in a follow, though it went on
  std::uint64_t replays = 0;          // a file was read from its beginning again
  std::uint64_t records_replayed = 0;
  std::uint64_t tails_lost_at_exit = 0;  // a clean end of stream before the log's end
  std::uint64_t garbled = 0;             // the only file was truncated under the reader: an error in band
};

class SimLogReading : private SimLog::Follower {
 public:
  enum class Next { records, wait, ended };
  struct Batch {
    std::vector<std::size_t> records;  // of the truth, that pass the filters
    std::string error;                 // in band, behind them
  };

  SimLogReading(SimLog& log, LogRequest request, net::Random& random, FollowFaults& faults);
  ~SimLogReading() override;

  Next next(Batch& batch);
  // Something changed that may end a wait.
  std::function<void()> wake = [] {};

 protected:
  // What follows on the first part; a record may be offered twice or never.
  virtual Next follow_next(Batch& batch) = 0;
  virtual void begin_follow() {}
  void on_append() override { wake(); }
  void on_rotate() override { wake(); }
  void on_close() override { wake(); }

  // Offers records [at, end), as many as fit into a batch; false when one is beyond `until`.
  bool offer(std::size_t& at, std::size_t end, Batch& batch);

  static constexpr std::size_t batch_records = 64, batch_bytes = 32 * 1024;

  SimLog& log_;
  LogRequest request_;
  net::Random& random_;
  FollowFaults& faults_;
  std::size_t file_;  // that is open
  std::size_t at_;    // the next record of it

 private:
  bool passes(const SimRecord& record);

  std::vector<std::pair<std::size_t, std::size_t>> plain_;  // ranges of records still to be read, the last one first
  bool following_ = false;
  bool since_reached_ = false;
};

std::unique_ptr<SimLogReading> start_reading(SimLog& log, LogRequest request, net::Random& random,
                                             FollowFaults& faults);

}  // namespace sim
