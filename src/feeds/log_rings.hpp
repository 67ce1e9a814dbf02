// LogRings: the rings of one container's log, one per shape that somebody follows. Thread: the control loop.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "feeds/log_messages.hpp"
#include "hub/hub.hpp"

namespace feeds {

// A standpoint as the hub carries it; the engine and the container are the channel's.
hub::Place place_of(const docker::Standpoint& at);
docker::Standpoint standpoint_of(const hub::Place& place, const docker::Position& identity);

class LogRings {
 public:
  LogRings(hub::Hub& hub, net::Loop& loop, LogMessages& messages) : hub_(hub), loop_(loop), messages_(messages) {}
  ~LogRings();

  // The shape's ring, opened for its first follower where the log stands, if that is known; close() for each open().
  hub::RingNumber open(const Shape& shape, const std::optional<docker::Standpoint>& at);
  void close(const Shape& shape);
  hub::RingNumber number(const Shape& shape) const { return entry(shape)->ring; }
  std::size_t followers() const;

  // The log's place and standing are known: those who came before begin there.
  void begin(const docker::Standpoint& at, const Standing& standing);
  void publish(const LogFrame& frame);  // lines, a gap
  void publish_status(LogState word, const Standing& after);
  // As it is told to those who go on from this sequence: what was said behind it is still to come.
  Standing standing(const Shape& shape, std::uint64_t sequence) const;

  // Where a follower of the shape goes on who stands exactly there, if the ring reaches back to it.
  std::optional<std::uint64_t> find(const Shape& shape, const docker::Standpoint& at) const {
    return hub_.ring(number(shape)).find(place_of(at));
  }
  // Whether who goes on there would be told that something is missing, and Docker might know better.
  bool gap_behind(const Shape& shape, std::uint64_t sequence) const {
    return entry(shape)->last_gap >= sequence && standing_.state != LogState::removed;
  }
  // Where a follower who has everything up to `at`, where the log stands now, goes on in the ring, and where it then
  // stands: what it was told is the next batch's `prev`. A ring of batches of one stream first moves its followers
  // there.
  struct Joint {
    std::uint64_t sequence;
    docker::Standpoint at;
  };
  Joint joint(const Shape& shape, const docker::Standpoint& at);
  // The first place in the ring at which who stands at `at` lacks nothing that lies before it in the ring.
  Joint first_behind(const Shape& shape, const docker::Standpoint& at) const;

 private:
  struct Entry {
    hub::RingNumber ring;
    std::uint32_t followers;
    std::optional<docker::Standpoint> at;  // behind its last message, or where it began
    net::Instant moved_at{};
    std::uint64_t last_gap = 0;  // its sequence
    Standing first{};            // before the oldest of the turns
    struct Turn {
      std::uint64_t behind;  // the status' own sequence
      Standing standing;
    };
    std::deque<Turn> turns{};  // the last ones: who is behind is told what it missed
  };
  static std::size_t index(const Shape& shape);
  static Shape shape(std::size_t index);
  std::unique_ptr<Entry>& entry(const Shape& shape) { return entries_[index(shape)]; }
  const std::unique_ptr<Entry>& entry(const Shape& shape) const { return entries_[index(shape)]; }
  void publish_lines(Entry& entry, const Shape& shape, const LogFrame& frame);
  void publish(Entry& entry, std::uint32_t messages, net::WallTime time, const docker::Standpoint& after);
  void move(Entry& entry, const Shape& shape, const docker::Standpoint& to);

  hub::Hub& hub_;
  net::Loop& loop_;
  LogMessages& messages_;
  std::array<std::unique_ptr<Entry>, forms * 8> entries_;
  Standing standing_;
  std::string scratch_;
};

}  // namespace feeds
