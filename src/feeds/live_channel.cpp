#include "feeds/live_channel.hpp"

#include "base/check.hpp"
#include "base/json_text.hpp"

namespace feeds {
namespace {

std::string_view text_of(const LiveChannel::Told& told, Form form) {
  return form == Form::payload && !told.payload.empty() ? told.payload : told.json;
}

}  // namespace

LiveChannel::LiveChannel(Parts parts, Kind kind, std::string name)
    : parts_(std::move(parts)), kind_(kind), name_(std::move(name)) {}

LiveChannel::~LiveChannel() {
  while (!followers_.empty()) leave(hub::Follower(followers_.begin()->first));
}

std::size_t LiveChannel::index(const Shape& shape) {
  // Batches are of logs alone, and single messages are the same for who wants them.
  const std::size_t form = shape.form == Form::batch ? 0 : static_cast<std::size_t>(shape.form) - 1;
  return form * 2 + (shape.deflate ? 1U : 0U);
}

Shape LiveChannel::shape(std::size_t index) {
  Shape shape;
  shape.form = static_cast<Form>(index / 2 + 1);
  shape.deflate = (index & 1) != 0;
  return shape;
}

void LiveChannel::publish(const Told& message, net::WallTime source_time, const hub::Place& after) {
  for (std::size_t i = 0; i < rings_.size(); ++i)
    if (rings_[i].followers > 0) publish(i, message, source_time, after);
}

void LiveChannel::publish(const Maker& maker, const hub::Place& after) {
  for (std::size_t i = 0; i < rings_.size(); ++i)
    if (rings_[i].followers > 0) publish(i, maker(shape(i).form), {}, after);
}

void LiveChannel::publish(std::size_t index, const Told& message, net::WallTime source_time, const hub::Place& after) {
  const Shape as = shape(index);
  scratch_.clear();
  parts_.framer.append(scratch_, text_of(message, as.form), as, message.position);
  if (kind_.latest_wins && is_websocket(as.form)) ws::append_frame(scratch_, ws::Opcode::ping, hub::latest_ping);
  parts_.hub.publish(rings_[index].ring, {scratch_, 1, source_time}, after);
}

LiveChannel::Told LiveChannel::status(LogState state, const Shape& as, const std::string& engine) const {
  const std::string which = engine.empty() ? "" : ",\"engine\":" + base::json_string(engine);
  return {R"({"type":"status","channel":")" + name_ + '"' + status_fields(state, as.form) + which + '}'};
}

std::vector<LiveChannel::Told> LiveChannel::outages(const Shape& as) const {
  const bool of_events = kind_.source == Source::docker_events || kind_.source == Source::container_events;
  std::vector<Told> messages;
  if (parts_.outages.engine) messages.push_back(status(LogState::source_down, as));
  for (const std::string& engine : parts_.outages.engines)
    messages.push_back(status(LogState::source_down, as, engine));
  if (parts_.outages.redis && of_events) messages.push_back(status(LogState::degraded, as));
  return messages;
}

// Where the newest message counts it would push a status out of the ring: each is told by itself.
void LiveChannel::publish_status(LogState state, const std::string& engine) {
  if (kind_.latest_wins) {
    for (const auto& [follower, following] : followers_)
      replay(follower, following.shape.form, {status(state, following.shape, engine)});
    return;
  }
  for (std::size_t i = 0; i < rings_.size(); ++i)
    if (rings_[i].followers > 0) publish(i, status(state, shape(i), engine), {}, {});
}

void LiveChannel::join(const hub::Follower& follower, const Shape& as, const Subscribed& subscribed,
                       const std::vector<Told>& messages) {
  tell(follower, subscribed);
  replay(follower, as.form, messages);
  const auto found = followers_.find(follower);
  if (found == followers_.end()) return attach(follower, as);
  if (messages.empty()) return;
  // What it was just told is behind what its ring has for it.
  const hub::RingNumber ring = rings_[found->second.ring].ring;
  CHECK(parts_.hub.attach(follower, ring, parts_.hub.ring(ring).next()));
}

void LiveChannel::tell(const hub::Follower& follower, const Subscribed& subscribed) const {
  parts_.hub.call(follower.loop, [to = parts_.followers[follower.loop], name = follower.name,
                                  subscribed](hub::Fanout&) { to->on_subscribed(name, subscribed); });
}

void LiveChannel::refuse(const hub::Follower& follower, const base::Error& error) const {
  parts_.hub.call(follower.loop, [to = parts_.followers[follower.loop], name = follower.name, error](hub::Fanout&) {
    to->on_refused(name, error);
  });
}

void LiveChannel::attach(const hub::Follower& follower, const Shape& as, const hub::Place& present) {
  followers_.emplace(follower, Following{index(as), as});
  Entry& entry = rings_[index(as)];
  if (entry.followers++ == 0) {
    entry.ring = parts_.hub.open_ring(present, {static_cast<hub::Group>(kind_.source), kind_.latest_wins});
  }
  parts_.hub.mirror(entry.ring, follower.loop);
  CHECK(parts_.hub.attach(follower, entry.ring, parts_.hub.ring(entry.ring).next()));
}

// Deflated is what all share.
std::size_t LiveChannel::replay(const hub::Follower& follower, Form form, const std::vector<Told>& messages) {
  if (messages.empty()) return 0;
  hub::Fanout::Replay history{{}, static_cast<std::uint32_t>(messages.size()), static_cast<hub::Group>(kind_.source)};
  Shape plain;
  plain.form = form;
  for (const Told& each : messages) parts_.framer.append(history.bytes, text_of(each, form), plain, each.position);
  const std::size_t bytes = history.bytes.size();
  parts_.hub.replay(follower, std::move(history));
  return bytes;
}

void LiveChannel::leave(const hub::Follower& follower) {
  const auto found = followers_.find(follower);
  if (found == followers_.end()) return;
  Entry& entry = rings_[found->second.ring];
  followers_.erase(found);
  parts_.hub.call(follower.loop, [name = follower.name](hub::Fanout& fanout) { fanout.leave(name); });
  parts_.hub.unmirror(entry.ring, follower.loop);
  if (--entry.followers == 0) parts_.hub.close_ring(entry.ring);
}

void LiveChannel::rejoin(const hub::Follower& follower) {
  const auto found = followers_.find(follower);
  if (found == followers_.end()) return;
  const hub::RingNumber ring = rings_[found->second.ring].ring;
  CHECK(parts_.hub.attach(follower, ring, parts_.hub.ring(ring).oldest()));
}

void LiveChannel::rejoin(const hub::Follower& follower, const std::vector<Told>& messages) {
  const auto found = followers_.find(follower);
  if (found == followers_.end()) return;
  replay(follower, found->second.shape.form, messages);
  const hub::RingNumber ring = rings_[found->second.ring].ring;
  CHECK(parts_.hub.attach(follower, ring, parts_.hub.ring(ring).next()));
}

void LiveChannel::end(bool force) {
  for (const auto& [follower, following] : followers_) {
    parts_.hub.call(follower.loop,
                    [to = parts_.followers[follower.loop], name = follower.name, force](hub::Fanout& fanout) {
                      fanout.flush();
                      if (force || fanout.has_everything(name)) to->on_ended(name);
                    });
  }
}

}  // namespace feeds
