// LogRings: the rings of one container's log, one per shape that somebody follows. Thread: the control loop.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "feeds/log_messages.hpp"
#include "hub/hub.hpp"

namespace feeds {

// A position as the hub carries it; the engine and the container are the channel's.
hub::Place place_of(const docker::Position& position);
docker::Position position_of(const hub::Place& place, const docker::Position& identity);

class LogRings {
 public:
  LogRings(hub::Hub& hub, net::Loop& loop, LogMessages& messages) : hub_(hub), loop_(loop), messages_(messages) {}
  ~LogRings();

  // The shape's ring, opened at `at` for its first follower; close() for each open().
  hub::RingNumber open(const Shape& shape, const docker::Position& at);
  void close(const Shape& shape);
  hub::RingNumber number(const Shape& shape) const { return entry(shape)->ring; }

  void publish(const LogFrame& frame);

  // Where a follower of the shape goes on who stands exactly at `position`, if the ring reaches back to it.
  std::optional<std::uint64_t> find(const Shape& shape, const docker::Position& position) const {
    return hub_.ring(number(shape)).find(place_of(position));
  }
  // Where a follower who has everything up to `at`, where the log stands now, goes on in the ring. A ring that shows
  // one stream first moves its followers' position there, so that the next batch's `prev` is everybody's.
  std::uint64_t joint(const Shape& shape, const docker::Position& at);

 private:
  struct Entry {
    hub::RingNumber ring;
    std::uint32_t followers;
    docker::Position told;  // the position of its last message
    net::Instant told_at{};
  };
  static std::size_t index(const Shape& shape);
  static Shape shape(std::size_t index);
  std::optional<Entry>& entry(const Shape& shape) { return entries_[index(shape)]; }
  const std::optional<Entry>& entry(const Shape& shape) const { return entries_[index(shape)]; }
  void publish_lines(Entry& entry, const Shape& shape, const LogFrame& frame);
  void move(Entry& entry, const docker::Position& to);

  hub::Hub& hub_;
  net::Loop& loop_;
  LogMessages& messages_;
  std::array<std::optional<Entry>, 12> entries_;
  std::string scratch_;
};

}  // namespace feeds
