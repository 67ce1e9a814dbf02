// LogTruth: the lines of one simulated container's log as every reader must tell them, from the records that the Engine
// wrote: joined, cut, repaired, and marked as a reader from the very beginning would mark them. Written a second time
// on purpose, beside docker/log_lines.hpp and docker/position.hpp, from docker-engine.md 3.3 and architecture.md alone.
// It grows with the log and forgets nothing that rotation took. Owned by the world; one loop.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "docker/position.hpp"
#include "sim/sim_log.hpp"

namespace sim {

struct TrueLine {
  std::int64_t time_ns = 0;
  bool partial = false;  // goes on in the stream's next line: a part of one longer than 1 MiB
  bool open = false;     // may still go on: nobody may have been told it yet, unless its run is over
  bool told = false;     // somebody was
  std::string text;
  docker::Mark mark;  // of its last record
  std::size_t first_record = 0, last_record = 0;
};

class LogTruth final : private SimLog::Follower {
 public:
  LogTruth(SimLog& log, bool tty);
  ~LogTruth() override;
  LogTruth(const LogTruth&) = delete;

  const SimLog& log() const { return log_; }

  // Takes what the log has got since.
  void catch_up();
  // The same; says what is wrong with what was told so far, or nothing.
  std::string grow();

  std::vector<TrueLine>& lines(docker::LogStream stream) { return lines_[docker::index_of(stream)]; }
  const std::vector<TrueLine>& lines(docker::LogStream stream) const { return lines_[docker::index_of(stream)]; }
  std::size_t total() const { return lines_[0].size() + lines_[1].size(); }
  // How many of the stream's lines lie at or before the mark; parts of a long one count once their line is over.
  std::size_t lines_until(docker::LogStream stream, const docker::Mark& mark) const;
  // The same of a position. Of a bound, and of marks behind a step of the clock, which may have another maximum than
  // ours, its head's stamp says where in the log it stands.
  std::size_t lines_until(docker::LogStream stream, const docker::Position& position) const;
  // Rotation has taken its beginning.
  bool rotated(const TrueLine& line) const { return line.first_record < log_.oldest_on_disk(); }
  // Or the container's removal all of it.
  bool gone(const TrueLine& line) const { return log_.removed() || rotated(line); }
  // A stamp went back: marks and times do not say everything any more.
  bool stepped() const { return stepped_; }

  // How many lines of each stream an instance has told somebody: what it reads next lies behind them.
  std::array<std::size_t, 2>& told_by(const std::string& instance) { return told_by_[instance]; }

  // Where a run of the container has ended: its last line was delivered when `stopped` is said.
  const std::vector<std::array<std::size_t, 2>>& run_ends() const { return run_ends_; }

 private:
  void on_append() override {}
  void on_rotate() override {}
  void on_close() override;
  void take(std::size_t index);
  // The first of the stream's lines of that stamp, or how many there are.
  std::size_t first_at(docker::LogStream stream, std::int64_t time_ns) const;
  static void finish(TrueLine& line);

  SimLog& log_;
  const bool tty_;
  std::size_t records_ = 0;  // taken
  std::array<std::vector<TrueLine>, 2> lines_;
  std::array<std::unordered_map<std::int64_t, std::size_t>, 2> first_at_;
  std::array<std::size_t, 2> pieces_{};  // of the last line, or of the last part of a long one
  std::array<docker::Mark, 2> mark_{};
  std::vector<std::array<std::size_t, 2>> run_ends_;
  std::map<std::string, std::array<std::size_t, 2>> told_by_;
  bool stepped_ = false;
  std::string wrong_;
};

}  // namespace sim
