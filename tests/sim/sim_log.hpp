// SimLog: the log of one simulated container as dockerd keeps it: records in files that rotate, and beside it the
// truth, every record that was ever written. Two drivers of two engines (docker-engine.md 3.0-3.4). No I/O, no clock.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sim/sim_copier.hpp"

namespace sim {

enum class Generation : std::uint8_t { docker_20, docker_26 };
enum class LogDriver : std::uint8_t { json_file, local, none };

struct LogOptions {
  LogDriver driver = LogDriver::json_file;
  std::uint64_t max_size = 0;  // bytes of a file; 0: no rotation
  int max_file = 1;
};

// `payload` is what a reader gets behind the timestamp.
struct SimRecord {
  SimStream stream = SimStream::out;
  std::int64_t stamp = 0;
  std::string payload;
  bool goes_on = false;        // the stream's next record belongs to the same line
  std::uint64_t file_end = 0;  // bytes of its file up to its own end
};

// A line as its writer meant it, out of records [first, end) of its stream and those of the other one between them.
struct SimLine {
  std::int64_t stamp = 0;
  std::string text;  // without its newline
  std::size_t first = 0, end = 0;
};

class SimLog {
 public:
  // A reader that follows; told what inotify or the log file would tell it.
  class Follower {
   public:
    virtual ~Follower() = default;
    virtual void on_append() = 0;
    virtual void on_rotate() = 0;
    virtual void on_close() = 0;
  };
  // Records [first, end) of the truth; the last file is the one being written.
  struct File {
    std::size_t first = 0, end = 0;
    std::uint64_t bytes = 0;
  };

  SimLog(Generation generation, LogOptions options) : generation_(generation), options_(options) {}
  SimLog(const SimLog&) = delete;

  void append(const SimPiece& piece);
  // The container runs: a log is written, follows are possible.
  void open() { open_ = true; }
  void close();
  bool is_open() const { return open_; }
  // Its container is being removed: who has not read it cannot any more.
  void remove() { removed_ = true; }
  bool removed() const { return removed_; }

  const LogOptions& options() const { return options_; }
  Generation generation() const { return generation_; }
  // Engines before 23.0 write into the only file again; later ones make a new one.
  bool truncates() const { return options_.max_file < 2 && generation_ == Generation::docker_20; }

  // The truth.
  const std::vector<SimRecord>& records() const { return records_; }
  std::size_t oldest_on_disk() const { return files_[oldest_file_].first; }
  std::vector<SimLine> lines(SimStream stream) const;

  // Files are numbered from the log's beginning; a reader that has one open may read it after it is gone.
  std::size_t current_file() const { return files_.size() - 1; }
  std::size_t oldest_file() const { return oldest_file_; }
  const File& file(std::size_t number) const { return files_[number]; }

  void follow(Follower& follower) { followers_.push_back(&follower); }
  void unfollow(Follower& follower) { std::erase(followers_, &follower); }
  std::size_t followers() const { return followers_.size(); }

 private:
  std::string payload_of(const SimPiece& piece) const;
  std::uint64_t bytes_of(const SimPiece& piece) const;
  void rotate();

  Generation generation_;
  LogOptions options_;
  bool open_ = false, removed_ = false;
  std::vector<SimRecord> records_;
  std::vector<File> files_ = {File{}};
  std::size_t oldest_file_ = 0;
  std::vector<Follower*> followers_;
};

// As Go's encoding/json writes and reads text: each byte that is not UTF-8 becomes U+FFFD.
std::string valid_utf8(std::string_view text);

}  // namespace sim
