#include "feeds/log_rings.hpp"

#include "base/check.hpp"

namespace feeds {
namespace {

// While the other stream flows, the position of one who follows a single stream moves at least so often (protocol.md).
constexpr net::Duration move_interval = std::chrono::seconds(5);

constexpr std::size_t turns_kept = 32;

// Without padding: places are compared as bytes.
struct Packed {
  struct At {
    std::int64_t max_ns[2];
    std::int64_t stepped_ns;
    std::uint32_t count[2];
  } told, reached;
  std::uint32_t told_head, reached_head;
};

Packed::At pack(const docker::Position& position) {
  const auto& marks = position.marks;
  return {{marks[0].max_ns, marks[1].max_ns}, position.stepped_ns, {marks[0].count, marks[1].count}};
}

docker::Position unpack(const Packed::At& at, std::uint32_t head, const docker::Position& identity) {
  docker::Position position = identity;
  for (std::size_t i = 0; i < 2; ++i) position.marks[i] = {at.max_ns[i], at.count[i]};
  position.stepped_ns = at.stepped_ns;
  position.head = static_cast<docker::LogStream>(head);
  return position;
}

// Where nobody stands.
hub::Place nowhere() {
  Packed packed{};
  packed.told_head = 2;
  return hub::Place::of(packed);
}

net::WallTime source_time(const LogFrame& frame) {
  return frame.entries.empty() ? net::WallTime{} : net::WallTime(net::Duration(frame.entries.back().time_ns));
}

}  // namespace

hub::Place place_of(const docker::Standpoint& at) {
  return hub::Place::of(Packed{pack(at.told), pack(at.reached), static_cast<std::uint32_t>(at.told.head),
                               static_cast<std::uint32_t>(at.reached.head)});
}

docker::Standpoint standpoint_of(const hub::Place& place, const docker::Position& identity) {
  const auto packed = place.as<Packed>();
  docker::Standpoint at;
  at.told = unpack(packed.told, packed.told_head, identity);
  at.reached = unpack(packed.reached, packed.reached_head, identity);
  return at;
}

std::size_t LogRings::index(const Shape& shape) {
  const std::size_t streams = (shape.out ? 2U : 0U) + (shape.err ? 1U : 0U);
  return static_cast<std::size_t>(shape.form) * 8 + streams * 2 + (shape.deflate ? 1U : 0U);
}

Shape LogRings::shape(std::size_t index) {
  return {static_cast<Form>(index / 8), (index & 4) != 0, (index & 2) != 0, (index & 1) != 0};
}

LogRings::~LogRings() {
  for (auto& each : entries_)
    if (each) hub_.close_ring(each->ring);
}

hub::RingNumber LogRings::open(const Shape& shape, const std::optional<docker::Standpoint>& at) {
  auto& mine = entry(shape);
  if (!mine)
    mine = std::make_unique<Entry>(
        Entry{hub_.open_ring(at ? place_of(*at) : nowhere()), 0, at, loop_.now(), 0, standing_});
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
    messages_.gap(scratch_, frame, shape(i), mine.at->told);
    mine.last_gap = hub_.ring(mine.ring).next();
    publish(mine, 1, {}, {frame.told, frame.position});
  }
}

void LogRings::begin(const docker::Standpoint& at, const Standing& standing) {
  standing_ = standing;
  for (auto& each : entries_) {
    if (!each) continue;
    each->at = at;
    each->first = standing;
    // Empty, and sent to nobody: who attaches behind it stands here, also when the ring has forgotten it.
    hub_.publish(each->ring, {"", 0, {}}, place_of(at));
  }
}

void LogRings::publish_status(LogState word, const Standing& after) {
  standing_ = after;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (!entries_[i]) continue;
    Entry& mine = *entries_[i];
    mine.turns.push_back({hub_.ring(mine.ring).next(), after});
    if (mine.turns.size() > turns_kept) {
      mine.first = mine.turns.front().standing;
      mine.turns.pop_front();
    }
    scratch_.clear();
    messages_.status(scratch_, word, shape(i));
    hub_.publish(mine.ring, {scratch_, 1, {}}, place_of(*mine.at));
  }
}

Standing LogRings::standing(const Shape& shape, std::uint64_t sequence) const {
  const Entry& mine = *entry(shape);
  Standing standing = mine.first;
  for (const Entry::Turn& turn : mine.turns) {
    if (turn.behind < sequence) standing = turn.standing;
  }
  return standing;
}

void LogRings::publish_lines(Entry& mine, const Shape& as, const LogFrame& frame) {
  scratch_.clear();
  const std::uint32_t count = messages_.lines(scratch_, frame, as, mine.at->told);
  if (count > 0) {
    publish(mine, count, source_time(frame), {frame.told, frame.position});
  } else if (as.form == Form::batch && loop_.now() - mine.moved_at >= move_interval) {
    move(mine, as, {frame.told, frame.position});
  }
}

void LogRings::publish(Entry& mine, std::uint32_t messages, net::WallTime time, const docker::Standpoint& after) {
  mine.at = after;
  mine.moved_at = loop_.now();
  hub_.publish(mine.ring, {scratch_, messages, time}, place_of(after));
}

std::size_t LogRings::followers() const {
  std::size_t all = 0;
  for (const auto& each : entries_)
    if (each) all += each->followers;
  return all;
}

void LogRings::move(Entry& mine, const Shape& as, const docker::Standpoint& to) {
  scratch_.clear();
  messages_.moved(scratch_, mine.at->told, to.told, as);
  publish(mine, 1, {}, to);
}

// Where both streams are shown, what was told and `at` differ by bounds alone, which stand for no line. Behind
// `removed` nothing is said, and nothing can be read up to here any more.
LogRings::Joint LogRings::joint(const Shape& shape, const docker::Standpoint& at) {
  Entry& mine = *entry(shape);
  const bool batches = shape.form == Form::batch, both = shape.out && shape.err;
  const bool ended = standing_.state == LogState::removed;
  if (batches && !both && !ended && mine.at->told != at.told) move(mine, shape, at);
  return {hub_.ring(mine.ring).next(), batches && both ? *mine.at : at};
}

LogRings::Joint LogRings::first_behind(const Shape& shape, const docker::Standpoint& at) const {
  const hub::Ring& ring = hub_.ring(number(shape));
  Joint first{ring.next(), at};
  for (std::uint64_t sequence = ring.next(); sequence >= ring.oldest(); --sequence) {
    const hub::Place& place = sequence == ring.next() ? ring.end() : ring.before(sequence);
    if (place == nowhere()) break;
    const docker::Standpoint stands = standpoint_of(place, at.reached);
    if (docker::behind(stands.reached, at.reached)) break;
    first = {sequence, stands};
  }
  return first;
}

}  // namespace feeds
