// LagWatch: suspects a hole in a follow of a rotating log (engines from 23.0 on).
//
// When two rotations pass while the daemon's follower is behind, it goes on in the newest file and skips the ones
// between, silently (Docker 3.4). The record before such a hole arrives later than it was written by at least the time
// one file took to fill, and so much lies between its stamp and the next record's. So a pair is suspect whose stamps
// are further apart than the fastest daemon needs for a file, and no further than the first one's lag. Idle time has
// the distance without the lag, a backlog the lag without the distance. Pure; owned by one cursor.
#pragma once

#include <algorithm>
#include <cstdint>

namespace docker {

class LagWatch {
 public:
  // 30 MB/s was measured; what is faster than this writes files unseen.
  static constexpr std::int64_t daemon_bytes_per_second_max = 100'000'000;

  explicit LagWatch(std::int64_t file_bytes)
      : distance_min_ns_(
            static_cast<std::int64_t>(static_cast<double>(file_bytes) * 1e9 / daemon_bytes_per_second_max)) {}

  // Another follow: what came before it is no pair with what comes. The daemon reads what was written before it began
  // in one go, so only a record from after that (by our clock) can follow a hole.
  void begin(std::int64_t now_ns) {
    lag_ns_ = -1;
    begun_ns_ = now_ns;
  }

  // Both times by wall clocks: the record's stamp by the daemon's, its arrival by ours.
  void note(std::int64_t time_ns, std::int64_t arrived_ns) {
    // A daemon whose clock is ahead of ours shows by negative lags; one behind costs suspicions, never holes.
    ahead_ns_ = std::min(ahead_ns_, arrived_ns - time_ns);
    lag_ns_ = arrived_ns - time_ns - ahead_ns_;
    least_lag_ns_ = std::min(least_lag_ns_, arrived_ns - time_ns);
    time_ns_ = time_ns;
  }
  // May records be missing between the one noted last and this one?
  bool suspects(std::int64_t time_ns) const {
    // The daemon's clock is behind ours by no more than the least lag that was seen.
    if (time_ns < begun_ns_ - least_lag_ns_) return false;
    std::int64_t distance = time_ns - time_ns_;
    // A quarter more than the lag: the writer may have paused just when the follower came to the newest file.
    return lag_ns_ >= 0 && distance >= distance_min_ns_ && distance <= lag_ns_ + lag_ns_ / 4;
  }

 private:
  std::int64_t distance_min_ns_;
  std::int64_t ahead_ns_ = 0;
  std::int64_t least_lag_ns_ = INT64_MAX / 2;
  std::int64_t begun_ns_ = 0;
  std::int64_t time_ns_ = 0;
  std::int64_t lag_ns_ = -1;
};

}  // namespace docker
