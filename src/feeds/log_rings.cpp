#include "feeds/log_rings.hpp"

#include "base/check.hpp"

namespace feeds {
namespace {

// While the other stream flows, the position of one who follows a single stream moves at least so often (protocol.md).
constexpr net::Duration move_interval = std::chrono::seconds(5);

// Without padding: places are compared as bytes.
struct Packed {
  std::int64_t max_ns[2];
  std::uint32_t count[2];
  std::uint64_t head;
};

net::WallTime source_time(const LogFrame& frame) {
  return frame.entries.empty() ? net::WallTime{} : net::WallTime(net::Duration(frame.entries.back().time_ns));
}

}  // namespace

hub::Place place_of(const docker::Position& position) {
  Packed packed{};
  for (std::size_t i = 0; i < 2; ++i) {
    packed.max_ns[i] = position.marks[i].max_ns;
    packed.count[i] = position.marks[i].count;
  }
  packed.head = static_cast<std::uint64_t>(position.head);
  return hub::Place::of(packed);
}

docker::Position position_of(const hub::Place& place, const docker::Position& identity) {
  const auto packed = place.as<Packed>();
  docker::Position position = identity;
  for (std::size_t i = 0; i < 2; ++i) {
    position.marks[i].max_ns = packed.max_ns[i];
    position.marks[i].count = packed.count[i];
  }
  position.head = static_cast<docker::LogStream>(packed.head);
  return position;
}

std::size_t LogRings::index(const Shape& shape) {
  return static_cast<std::size_t>(shape.form) * 4 + (shape.out ? 2U : 0U) + (shape.err ? 1U : 0U);
}

Shape LogRings::shape(std::size_t index) { return {static_cast<Form>(index / 4), (index & 2) != 0, (index & 1) != 0}; }

LogRings::~LogRings() {
  for (auto& each : entries_)
    if (each) hub_.close_ring(each->ring);
}

hub::RingNumber LogRings::open(const Shape& shape, const docker::Position& at) {
  auto& mine = entry(shape);
  if (!mine) mine = Entry{hub_.open_ring(place_of(at)), 0, at, loop_.now()};
  ++mine->followers;
  return mine->ring;
}

void LogRings::close(const Shape& shape) {
  auto& mine = entry(shape);
  CHECK(mine && mine->followers > 0);
  if (--mine->followers > 0) return;
  hub_.close_ring(mine->ring);
  mine.reset();
}

void LogRings::publish(const LogFrame& frame) {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (!entries_[i]) continue;
    Entry& mine = *entries_[i];
    if (frame.kind == LogFrame::Kind::lines) {
      publish_lines(mine, shape(i), frame);
      continue;
    }
    scratch_.clear();
    if (frame.kind == LogFrame::Kind::gap) {
      messages_.gap(scratch_, frame, shape(i).form);
      mine.told = frame.position;
    } else {
      messages_.status(scratch_, frame.state, shape(i).form);
    }
    hub_.publish(mine.ring, {scratch_, 1, {}}, place_of(mine.told));
  }
}

void LogRings::publish_lines(Entry& mine, const Shape& as, const LogFrame& frame) {
  scratch_.clear();
  const std::uint32_t count = messages_.lines(scratch_, frame, as, mine.told);
  if (count > 0) {
    mine.told = frame.position;
    mine.told_at = loop_.now();
    hub_.publish(mine.ring, {scratch_, count, source_time(frame)}, place_of(mine.told));
  } else if (as.form == Form::batch && loop_.now() - mine.told_at >= move_interval) {
    move(mine, frame.position);
  }
}

void LogRings::move(Entry& mine, const docker::Position& to) {
  scratch_.clear();
  messages_.moved(scratch_, mine.told, to);
  mine.told = to;
  mine.told_at = loop_.now();
  hub_.publish(mine.ring, {scratch_, 1, {}}, place_of(to));
}

std::uint64_t LogRings::joint(const Shape& shape, const docker::Position& at) {
  Entry& mine = *entry(shape);
  if (shape.form == Form::batch && place_of(mine.told) != place_of(at)) move(mine, at);
  return hub_.ring(mine.ring).next();
}

}  // namespace feeds
