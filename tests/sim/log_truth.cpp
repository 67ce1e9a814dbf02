#include "sim/log_truth.hpp"

#include <algorithm>
#include <utility>

namespace sim {
namespace {

constexpr std::size_t piece_bytes = 16'384;  // of Docker's copier
constexpr std::size_t pieces_max = 64;       // of one line that we tell: 1 MiB

// A stream's stamps are not its order any more only where the daemon's clock went back, not where threads raced.
constexpr std::int64_t race_ns = 3'000'000;
constexpr std::int64_t disorder_ns = 1'000'000'000;  // of the streams among each other: readers allow for as much

}  // namespace

LogTruth::LogTruth(SimLog& log, bool tty) : log_(log), tty_(tty) { log_.follow(*this); }
LogTruth::~LogTruth() { log_.unfollow(*this); }

void LogTruth::catch_up() {
  while (records_ < log_.records().size()) take(records_++);
}

std::string LogTruth::grow() {
  catch_up();
  return std::exchange(wrong_, {});
}

void LogTruth::take(std::size_t index) {
  const SimRecord& record = log_.records()[index];
  const std::size_t s = record.stream == SimStream::out ? 0 : 1;
  auto& lines = lines_[s];
  docker::Mark& mark = mark_[s];
  const bool goes_on = !lines.empty() && lines.back().open && lines.back().time_ns == record.stamp;
  // A reader knows where the other stream was, and takes a step between the two for one as well.
  const std::int64_t newest = std::max(mark_[0].max_ns, mark_[1].max_ns);
  if (record.stamp < mark.max_ns - race_ns || (!goes_on && record.stamp < newest - disorder_ns)) stepped_ = true;
  mark = record.stamp > mark.max_ns ? docker::Mark{record.stamp, 1} : docker::Mark{mark.max_ns, mark.count + 1};

  if (goes_on && lines.back().told) wrong_ = "a line was told before it was known to be over";
  if (!goes_on || pieces_[s] == pieces_max) {
    if (!lines.empty() && lines.back().open) finish(lines.back());
    if (goes_on) lines.back().partial = true;
    first_at_[s].emplace(record.stamp, lines.size());
    lines.push_back({record.stamp, false, true, false, {}, {}, index, index});
    pieces_[s] = 0;
  }
  TrueLine& line = lines.back();
  ++pieces_[s];
  line.mark = mark;
  line.last_record = index;
  line.text += record.payload;
  if (!record.payload.ends_with('\n')) {
    if (record.payload.size() < piece_bytes) finish(line);
    return;
  }
  line.text.pop_back();
  // A terminal's carriage return may be the last byte of the piece before.
  if (tty_ && line.text.ends_with('\r')) line.text.pop_back();
  finish(line);
}

void LogTruth::finish(TrueLine& line) {
  line.open = false;
  line.text = valid_utf8(line.text);
}

std::size_t LogTruth::lines_until(docker::LogStream stream, const docker::Mark& mark) const {
  const auto& all = lines(stream);
  const auto beyond = std::upper_bound(all.begin(), all.end(), mark,
                                       [](const docker::Mark& m, const TrueLine& l) { return m < l.mark; });
  auto count = static_cast<std::size_t>(beyond - all.begin());
  // Who has only seen what rotation left of a line has counted fewer pieces.
  if (beyond != all.end() && mark.count > 0 && beyond->time_ns == mark.max_ns && rotated(*beyond)) ++count;
  while (count > 0 && all[count - 1].partial) --count;
  return count;
}

std::size_t LogTruth::lines_until(docker::LogStream stream, const docker::Position& position) const {
  const std::size_t by_mark = lines_until(stream, position.mark(stream));
  const bool by_place = stepped_ || position.mark(stream).count == 0;
  if (!by_place || position.mark(position.head).count == 0) return by_mark;
  // Behind a gap it is stamped a nanosecond before the record that follows.
  const std::size_t head_index = std::min(first_at(position.head, position.head_ns()),  //
                                          first_at(position.head, position.head_ns() + 1));
  if (head_index == lines(position.head).size()) return by_mark;
  const TrueLine& head = lines(position.head)[head_index];
  const bool behind_head = head.time_ns == position.head_ns();
  if (stream == position.head) return head_index + (behind_head ? 1 : 0);
  const auto& all = lines(stream);
  const auto exact = std::lower_bound(all.begin(), all.end(), position.mark(stream),
                                      [](const TrueLine& l, const docker::Mark& m) { return l.mark < m; });
  if (exact != all.end() && exact->mark == position.mark(stream)) return by_mark;
  const auto before = std::partition_point(
      all.begin(), all.end(), [&](const TrueLine& line) { return !line.open && line.last_record <= head.last_record; });
  return static_cast<std::size_t>(before - all.begin());
}

std::size_t LogTruth::first_at(docker::LogStream stream, std::int64_t time_ns) const {
  const auto& firsts = first_at_[docker::index_of(stream)];
  const auto found = firsts.find(time_ns);
  return found == firsts.end() ? lines(stream).size() : found->second;
}

void LogTruth::on_close() {
  catch_up();
  run_ends_.push_back({lines_[0].size(), lines_[1].size()});
}

}  // namespace sim
