// LogFrame: one step of a container's log as it goes over the bus, and inside an instance from the reader to the rings.
//
// Frames are chained: `prev` is the position at which the frame before ended. Who stands behind `prev` has missed
// something; records at or before where one stands are dropped one by one. The text of lines is escaped JSON, made once
// by the owner, with an index beside it, so that nobody after the owner parses it.
//
// On the wire (little endian; the engine and the container are the channel's, so positions travel as marks alone):
//
//   version u8 · kind u8 · state u8 · flags u8 (1: pull) · fence 2×u64 · sender u64 · prev · position · body
//   position: head u8, then per stream: max_ns i64, count u32, then stepped_ns i64
//   lines:    n u32 · n × (stream u8 · partial u8 · time_ns i64 · mark (i64, u32) · length u32) · text
//   gap:      lines known u8 · lines u64 · reason
//
// Bounds: 4 MiB a frame. A frame of another version or that is malformed decodes to nothing.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "docker/log_batch.hpp"
#include "docker/log_cursor.hpp"
#include "docker/position.hpp"
#include "feeds/status.hpp"
#include "lease/lease.hpp"

namespace feeds {

struct LogEntry {
  docker::LogStream stream = docker::LogStream::out;
  bool partial = false;  // the line goes on in the next entry of its stream
  std::int64_t time_ns = 0;
  docker::Mark mark;  // of its stream, after it
  std::uint32_t length = 0;
};

struct LogFrame {
  enum class Kind : std::uint8_t { lines, gap, status, tip, released };

  Kind kind = Kind::lines;
  LogState state = LogState::unknown;  // with every frame: what the log is doing now
  bool pull = false;                   // lines are too many for the bus: who wants them reads Docker
  lease::Fence fence{};
  std::uint64_t sender = 0;                // who published it: a number drawn at start
  docker::Position prev, position;         // behind parts of lines as well
  docker::Position told_before{}, told{};  // the same as clients are told it; not on the wire

  std::vector<LogEntry> entries;  // lines: in log order
  std::string text;               // lines: the entries' escaped text, one after the other

  std::string reason;                       // gap
  std::optional<std::uint64_t> lines_lost;  // gap
};

// Escapes the lines; prev and position are where the log stood before and stands after them.
LogFrame lines_frame(const docker::Position& prev, const docker::Position& position,
                     std::span<const docker::Line> lines);

inline LogFrame lines_frame(docker::LogBatch& batch) { return lines_frame(batch.prev, batch.position, batch.lines()); }

LogFrame gap_frame(const docker::Gap& gap);

// What it takes in memory.
inline std::size_t weight(const LogFrame& frame) {
  return sizeof frame + frame.text.size() + frame.entries.size() * sizeof(LogEntry);
}

std::string encode(const LogFrame& frame);
// Its length, at least of lines, without making it.
std::size_t encoded_bytes(const LogFrame& frame);
// Nothing where it is no frame of this version.
std::optional<std::uint64_t> sender_of(std::string_view bytes);
enum class Undecodable { version, malformed };
// `identity`: any position of the channel's container, for what the wire leaves out.
std::optional<LogFrame> decode(std::string_view bytes, const docker::Position& identity, Undecodable& why);

// Moves who stands at or behind its prev past its lines or its gap; told_before and told follow from that.
void take(docker::Standpoint& at, LogFrame& frame);

// Drops what a follower at these marks has; true if anything is left. Entries keep their order.
bool drop_known(LogFrame& frame, const std::array<docker::Mark, 2>& known);
// Drops its first entries.
void drop_first(LogFrame& frame, std::size_t entries);

}  // namespace feeds
