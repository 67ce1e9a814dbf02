// LogRecords: cuts the body of /containers/{id}/logs (timestamps=1) into records, from slices of any size.
//
// A record is what Docker wrote to its log at once: a line, or a piece of one longer than 16 KiB. Without a terminal
// each is a frame [stream][0 0 0][length, big endian][timestamp SP text]; with one, the body is raw text in which the
// timestamp is repeated before every piece. Which it is says inspect's Tty, never the bytes nor the Content-Type. Owned
// by one read. Bounds: holds one record, at most record_bytes_max. Not here: what belongs together as a line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "docker/position.hpp"

namespace docker {

constexpr std::size_t piece_bytes = 16'384;            // Docker's copier cuts lines into pieces of this size
constexpr std::size_t record_bytes_max = 1024 * 1024;  // its own pieces end at 3 x 16 KiB (a U+FFFD for every byte)

// So far from its place among the other stream's a record may lie by its stamp: 2.7 ms were seen (Docker 3.4). Where
// stamps go back by more than the most, the clock did.
constexpr std::int64_t disorder_usual_ns = 10'000'000;   // where the other choice is a needless gap
constexpr std::int64_t disorder_max_ns = 1'000'000'000;  // where it is only another read

struct LogRecord {
  LogStream stream = LogStream::out;
  std::int64_t time_ns = 0;
  std::string_view payload;  // with its newline, if it has one

  bool ends_line() const { return payload.ends_with('\n'); }
  // Docker 3.3: only a full piece without a newline may be continued; a shorter one ends its line in any case.
  bool may_go_on() const { return !ends_line() && payload.size() >= piece_bytes; }
};

class LogRecords {
 public:
  explicit LogRecords(bool tty) : tty_(tty) {}

  // The bytes are borrowed until next() has returned false.
  void feed(std::string_view bytes) { input_ = bytes; }
  // The next whole record, valid until the next call of anything; false: more bytes are wanted, or failed().
  bool next(LogRecord& record);
  // After a clean end of the body: the rest is a last line without a newline (terminals only).
  bool finish(LogRecord& record);

  // The peer broke the protocol, or the daemon reported an error in band (stream 3: Fault::unavailable).
  const std::optional<base::Error>& failed() const { return error_; }

 private:
  bool next_frame(LogRecord& record);
  bool next_raw(LogRecord& record);
  void release();
  bool gather(std::size_t bytes);
  bool parse(std::string_view text, LogStream stream, LogRecord& record);
  bool fail(base::Fault fault, std::string message);

  bool tty_;
  std::string_view input_;  // not looked at yet
  std::string held_;        // the beginning of a record whose rest has not come
  // Terminals: the stamp of the last record, if that was a full piece. The first of a body may follow one, too.
  std::optional<std::string> continued_;
  std::size_t used_ = 0;  // the front of held_ that the last record returned lies in
  std::optional<base::Error> error_;
};

}  // namespace docker
