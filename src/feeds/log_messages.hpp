// LogMessages: what followers of one container's log are sent, in every shape: framed WebSocket messages made from
// LogFrames (protocol.md, Server → client). Made once per shape, whoever follows. Thread: the control loop.
#pragma once

#include <string>
#include <string_view>

#include "feeds/framer.hpp"
#include "feeds/log_frame.hpp"

namespace feeds {

class LogMessages {
 public:
  // `deflater` is the loop's, for shapes that want it.
  LogMessages(std::string channel, ws::Deflater& deflater) : channel_(std::move(channel)), framer_(deflater) {}
  const std::string& channel() const { return channel_; }

  // Appends the frame's lines that the shape shows, framed; returns how many messages that made, 0 if it shows none.
  // `prev`: where a follower of this shape stands before it.
  std::uint32_t lines(std::string& out, const LogFrame& frame, const Shape& shape, const docker::Position& prev);
  // A batch without lines: it only moves the position of one who follows a single stream.
  void moved(std::string& out, const docker::Position& prev, const docker::Position& position, const Shape& shape);
  // `prev`: where a follower of this shape stands before it.
  void gap(std::string& out, const LogFrame& gap, const Shape& shape, const docker::Position& prev);
  void status(std::string& out, LogState state, const Shape& shape);
  // The frame's lines as `log` messages, or its `gap`, as elements of a JSON list: without frames, each behind a comma
  // where the list has begun.
  void items(std::string& list, const LogFrame& frame);

 private:
  std::uint32_t batch(std::string& out, const LogFrame& frame, const Shape& shape, const docker::Position& prev);
  std::uint32_t singles(std::string& out, const LogFrame& frame, const Shape& shape);
  void make_log(const LogEntry& entry, std::string_view text, const docker::Position& position);
  void make_gap(const LogFrame& gap, const docker::Position& prev);
  void begin(std::string_view type);
  const std::string& print(const docker::Position& position);
  void flush(std::string& out, const Shape& shape, std::string_view position = {});

  std::string channel_;
  std::string message_;  // the one being made; it keeps its memory
  docker::Position printed_position_;
  std::string printed_;  // that one
  Framer framer_;
};

}  // namespace feeds
