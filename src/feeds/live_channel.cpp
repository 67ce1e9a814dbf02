#include "feeds/live_channel.hpp"

#include "base/check.hpp"

namespace feeds {

LiveChannel::LiveChannel(Parts parts, Kind kind, std::string name)
    : parts_(std::move(parts)), kind_(kind), name_(std::move(name)) {}

LiveChannel::~LiveChannel() {
  while (!followers_.empty()) leave(hub::Follower(followers_.begin()->first));
}

// Only `status` differs between the forms.
std::size_t LiveChannel::index(const Shape& shape) {
  return (shape.form == Form::quiet_line ? 2U : 0U) + (shape.deflate ? 1U : 0U);
}

Shape LiveChannel::shape(std::size_t index) {
  Shape shape;
  shape.form = (index & 2) != 0 ? Form::quiet_line : Form::line;
  shape.deflate = (index & 1) != 0;
  return shape;
}

void LiveChannel::publish(std::string_view json, net::WallTime source_time) {
  for (std::size_t i = 0; i < rings_.size(); ++i) {
    if (rings_[i].followers == 0) continue;
    scratch_.clear();
    parts_.framer.append(scratch_, json, shape(i).deflate);
    if (kind_.latest_wins) ws::append_frame(scratch_, ws::Opcode::ping, hub::latest_ping);
    parts_.hub.publish(rings_[i].ring, {scratch_, 1, source_time}, {});
  }
}

std::string LiveChannel::status(LogState state, const Shape& as) const {
  return R"({"type":"status","channel":")" + name_ + '"' + status_fields(state, as.form) + '}';
}

void LiveChannel::publish_status(LogState state) {
  for (std::size_t i = 0; i < rings_.size(); ++i) {
    if (rings_[i].followers == 0) continue;
    scratch_.clear();
    parts_.framer.append(scratch_, status(state, shape(i)), shape(i).deflate);
    parts_.hub.publish(rings_[i].ring, {scratch_, 1, {}}, {});
  }
}

void LiveChannel::join(const hub::Follower& follower, const Shape& as, const Subscribed& subscribed,
                       const std::vector<std::string>& messages) {
  parts_.hub.call(follower.loop, [to = parts_.followers[follower.loop], name = follower.name,
                                  subscribed](hub::Fanout&) { to->on_subscribed(name, subscribed); });
  replay(follower, messages);
  // Other options of one who follows change nothing but what it is told now.
  const auto [found, fresh] = followers_.emplace(follower, index(as));
  if (!fresh) return;
  Entry& entry = rings_[found->second];
  if (entry.followers++ == 0) {
    entry.ring = parts_.hub.open_ring({}, {static_cast<hub::Group>(kind_.source), kind_.latest_wins});
  }
  parts_.hub.mirror(entry.ring, follower.loop);
  CHECK(parts_.hub.attach(follower, entry.ring, parts_.hub.ring(entry.ring).next()));
}

// Deflated is what all share.
void LiveChannel::replay(const hub::Follower& follower, const std::vector<std::string>& messages) {
  if (messages.empty()) return;
  hub::Fanout::Replay history{{}, static_cast<std::uint32_t>(messages.size()), static_cast<hub::Group>(kind_.source)};
  for (const std::string& json : messages) ws::append_text_frame(history.bytes, json);
  parts_.hub.replay(follower, std::move(history));
}

void LiveChannel::leave(const hub::Follower& follower) {
  const auto found = followers_.find(follower);
  if (found == followers_.end()) return;
  Entry& entry = rings_[found->second];
  followers_.erase(found);
  parts_.hub.call(follower.loop, [name = follower.name](hub::Fanout& fanout) { fanout.leave(name); });
  parts_.hub.unmirror(entry.ring, follower.loop);
  if (--entry.followers == 0) parts_.hub.close_ring(entry.ring);
}

void LiveChannel::rejoin(const hub::Follower& follower) {
  const auto found = followers_.find(follower);
  if (found == followers_.end()) return;
  const hub::RingNumber ring = rings_[found->second].ring;
  CHECK(parts_.hub.attach(follower, ring, parts_.hub.ring(ring).oldest()));
}

void LiveChannel::rejoin(const hub::Follower& follower, const std::vector<std::string>& messages) {
  const auto found = followers_.find(follower);
  if (found == followers_.end()) return;
  replay(follower, messages);
  const hub::RingNumber ring = rings_[found->second].ring;
  CHECK(parts_.hub.attach(follower, ring, parts_.hub.ring(ring).next()));
}

void LiveChannel::end(bool force) {
  for (const auto& [follower, ring] : followers_) {
    parts_.hub.call(follower.loop,
                    [to = parts_.followers[follower.loop], name = follower.name, force](hub::Fanout& fanout) {
                      fanout.flush();
                      if (force || fanout.has_everything(name)) to->on_ended(name);
                    });
  }
}

}  // namespace feeds
