// One WebSocket connection as its client sees it: cuts what arrives into frames and checks every line in them.
// A line is found by its marker, whatever is around it: bare in a frame (the floor), in `log`, or many in one `logs`.
// No I/O: bytes in, verdicts into a Tally that all followers share, and what must be said to the server out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "histogram.hpp"

namespace bench {

struct Tally {
  uint64_t deliveries = 0;  // lines in order, once
  uint64_t lost = 0, duplicates = 0, out_of_order = 0;
  uint64_t damaged = 0;                   // lines of the wrong channel, cut or altered; frames that RFC 6455 forbids
  uint64_t gaps = 0;                      // messages that say `gap`
  uint64_t frames = 0, other_frames = 0;  // the latter without a line
  uint64_t bytes = 0;                     // payload of frames with lines
  int64_t first_printed_us = 0, last_seen_us = 0;
  std::string last_other;  // the latest message without a line, for who asks why
  Histogram latency_us;
};

class Follower {
 public:
  // `next`: the sequence number of the first line that is to come.
  Follower(uint32_t channel, uint32_t next) : channel_(channel), next_(next) {}

  // Checks all whole frames at the start of `bytes`, which arrived at `now_us`; returns how many bytes they had.
  size_t take(std::string_view bytes, int64_t now_us, Tally& tally);

  // The same of a Docker Engine's records: an 8-byte head with the length at its end, and the text.
  size_t take_records(std::string_view bytes, int64_t now_us, Tally& tally);

  bool closed() const { return closed_; }
  bool saw_subscribed() const { return subscribed_; }
  uint32_t next_sequence() const { return next_; }
  // Frames that are to be sent: pongs.
  std::string& reply() { return reply_; }

 private:
  void take_frame(uint8_t first_byte, std::string_view payload, int64_t now_us, Tally& tally);
  void take_text(std::string_view payload, int64_t now_us, Tally& tally);
  size_t take_part(std::string_view part, int64_t now_us, Tally& tally);
  size_t take_lines(std::string_view payload, bool is_all, int64_t now_us, Tally& tally);
  void judge(uint32_t sequence, Tally& tally);

  std::string reply_;
  uint32_t channel_;
  uint32_t next_;          // the sequence number that must come now
  uint32_t holes_ = 0;     // lines that are counted as lost and might still come, out of order
  size_t left_ = 0;        // of a long frame that comes in pieces
  bool has_line_ = false;  // the frame that is being taken
  bool subscribed_ = false;
  bool closed_ = false;
};

}  // namespace bench
