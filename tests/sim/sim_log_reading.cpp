#include "sim/sim_log_reading.hpp"

#include <algorithm>

namespace sim {

SimLogReading::SimLogReading(SimLog& log, LogRequest request, net::Random& random, FollowFaults& faults)
    : log_(log),
      request_(std::move(request)),
      random_(random),
      faults_(faults),
      file_(log.current_file()),
      at_(log.file(file_).end) {
  std::size_t first = log.oldest_on_disk();
  if (request_.tail >= 0) first = std::max(first, at_ - std::min<std::size_t>(at_, std::size_t(request_.tail)));
  if (first < at_) plain_.emplace_back(first, at_);
}

SimLogReading::~SimLogReading() {
  if (following_) log_.unfollow(*this);
}

bool SimLogReading::passes(const SimRecord& record) {
  if (request_.since && !since_reached_) {
    if (record.stamp < *request_.since) return false;
    // From 24.0 on the first match opens the gate for older ones behind it (moby e278d3f).
    since_reached_ = log_.generation() == Generation::docker_26;
  }
  return record.stream == SimStream::out ? request_.out : request_.err;
}

bool SimLogReading::offer(std::size_t& at, std::size_t end, Batch& batch) {
  end = std::min(end, at + batch_records);
  for (std::size_t bytes = 0; at < end && bytes < batch_bytes; ++at) {
    const SimRecord& record = log_.records()[at];
    const bool too_old = request_.since && !since_reached_ && record.stamp < *request_.since;
    if (!too_old && request_.until && record.stamp > *request_.until) return false;
    if (passes(record)) batch.records.push_back(at);
    bytes += record.payload.size();
  }
  return true;
}

SimLogReading::Next SimLogReading::next(Batch& batch) {
  batch = {};
  if (!plain_.empty()) {
    auto& [at, end] = plain_.back();
    const bool goes_on = offer(at, end, batch);
    if (at == end) plain_.pop_back();
    if (goes_on) return Next::records;
    plain_.clear();
    request_.follow = false;
    return batch.records.empty() ? Next::ended : Next::records;
  }
  if (!request_.follow) return Next::ended;
  if (!following_) {
    if (!log_.is_open()) return Next::ended;
    following_ = true;
    log_.follow(*this);
    begin_follow();
  }
  const Next result = follow_next(batch);
  if (result == Next::ended && (!batch.records.empty() || !batch.error.empty())) {
    request_.follow = false;
    return Next::records;
  }
  return result;
}

}  // namespace sim
