// Longer than most: the sending side is one piece of reasoning (blocked, lagging, behind), which reads best in one
// place.
#include "hub/fanout.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace hub {
namespace {

// One sendmsg takes at most 1024 parts; more than 64 do not make it faster.
constexpr std::size_t parts_most = 64;

}  // namespace

Session Fanout::open(std::uint32_t slot, int socket) {
  if (slot >= outlets_.size()) outlets_.resize(slot + 1);
  Outlet& outlet = outlets_[slot];
  CHECK(outlet.socket < 0);
  outlet.socket = socket;
  outlet.last_sent = loop_.now();
  return {slot, outlet.generation};
}

void Fanout::close(std::uint32_t slot) {
  Outlet& outlet = outlets_[slot];
  for (std::uint32_t i = 0; i < outlet.subscriptions.size(); ++i) detach(outlet, i);
  const std::uint32_t generation = outlet.generation + 1;
  outlet = Outlet{};
  outlet.generation = generation;
}

bool Fanout::is_open(const Session& session) const {
  return session.slot < outlets_.size() && outlets_[session.slot].socket >= 0 &&
         outlets_[session.slot].generation == session.generation;
}

std::size_t Fanout::backlog_bytes(std::uint32_t slot) const {
  const auto& backlog = outlets_[slot].backlog;
  return backlog ? backlog->bytes.size() - backlog->sent : 0;
}

std::size_t Fanout::backlog_bytes() const {
  std::size_t sum = 0;
  for (const Outlet& each : outlets_)
    if (each.backlog) sum += each.backlog->bytes.size() - each.backlog->sent;
  return sum;
}

std::uint32_t Fanout::add_subscription(std::uint32_t slot) {
  auto& all = outlets_[slot].subscriptions;
  auto free = std::find_if(all.begin(), all.end(), [](const Subscription& each) { return !each.used; });
  if (free == all.end()) {
    all.reserve(all.size() + 1);  // most sessions have one or two: no spare room
    free = all.insert(all.end(), Subscription{});
  }
  free->used = true;
  return static_cast<std::uint32_t>(free - all.begin());
}

void Fanout::remove_subscription(std::uint32_t slot, std::uint32_t subscription) {
  detach(outlets_[slot], subscription);
  outlets_[slot].subscriptions[subscription].used = false;
}

void Fanout::detach(Outlet& outlet, std::uint32_t subscription) {
  Subscription& mine = outlet.subscriptions[subscription];
  if (mine.mirror == nullptr) return;
  auto& followers = mine.mirror->followers;
  if (mine.index + 1 != followers.size()) {
    const Follower& last = followers[mine.index] = followers.back();
    outlets_[last.slot].subscriptions[last.subscription].index = mine.index;
  }
  followers.pop_back();
  mine.mirror = nullptr;
}

// Gives the bytes to the socket; returns how many it took. Where those are less than all the outlet is blocked, or
// broken; it may also take all and then block.
std::size_t Fanout::transmit(std::uint32_t slot, std::span<const iovec> parts, std::size_t bytes) {
  Outlet& outlet = outlets_[slot];
  std::size_t sent = 0;
  while (!parts.empty()) {
    const auto some = parts.first(std::min(parts.size(), parts_most));
    std::size_t offered = 0;
    for (const iovec& part : some) offered += part.iov_len;
    const net::Transfer transfer = sockets_.send(outlet.socket, some);
    ++counts_.sends;
    if (transfer.state == net::Transfer::State::failed) {
      broken_.push_back({slot, outlet.generation});
      outlet.blocked = true;
      return bytes;  // nobody will read the rest
    }
    sent += transfer.bytes;
    if (transfer.bytes < offered || transfer.state == net::Transfer::State::would_block) {
      outlet.blocked = true;
      ++counts_.blocked;
      break;
    }
    parts = parts.subspan(some.size());
  }
  counts_.bytes += sent;
  if (sent > 0) outlet.last_sent = now_;
  return sent;
}

void Fanout::queue(Outlet& outlet, std::string_view bytes) {
  if (!outlet.backlog) outlet.backlog = std::make_unique<Backlog>();
  Backlog& backlog = *outlet.backlog;
  if (backlog.sent > backlog.bytes.size() / 2) {
    for (Replayed& each : backlog.replayed) each.end -= backlog.sent;
    backlog.bytes.erase(0, std::exchange(backlog.sent, 0));
  }
  backlog.bytes += bytes;
}

void Fanout::send(std::uint32_t slot, std::string_view bytes) {
  if (bytes.empty()) return;
  Outlet& outlet = outlets_[slot];
  now_ = loop_.now();
  if (!outlet.blocked) {
    const iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    bytes.remove_prefix(transmit(slot, {&part, 1}, bytes.size()));
  }
  if (!bytes.empty()) queue(outlet, bytes);
}

void Fanout::replay(const FollowerName& follower, const Replay& history) {
  if (!is_open(follower.session)) return;
  const auto& all = outlets_[follower.session.slot].subscriptions;
  if (follower.subscription >= all.size() || !all[follower.subscription].used) return;  // it said goodbye meanwhile
  counts_.messages[history.group] += history.messages;
  send(follower.session.slot, history.bytes);
  const Outlet& outlet = outlets_[follower.session.slot];
  if (outlet.backlog) {
    outlet.backlog->replayed.push_back({follower, history.bytes.size(), outlet.backlog->bytes.size()});
  } else {
    observer_->on_drained(follower, history.bytes.size());
  }
}

// True once nothing waits any more.
bool Fanout::flush_backlog(std::uint32_t slot) {
  Outlet& outlet = outlets_[slot];
  if (!outlet.backlog) return true;
  Backlog& backlog = *outlet.backlog;
  const std::size_t waiting = backlog.bytes.size() - backlog.sent;
  const iovec part{backlog.bytes.data() + backlog.sent, waiting};
  const std::size_t sent = transmit(slot, {&part, 1}, waiting);
  backlog.sent += sent;
  while (!backlog.replayed.empty() && backlog.replayed.front().end <= backlog.sent) {
    observer_->on_drained(backlog.replayed.front().follower, backlog.replayed.front().bytes);
    backlog.replayed.pop_front();
  }
  if (sent < waiting) return false;
  outlet.backlog.reset();
  return true;
}

void Fanout::on_writable(std::uint32_t slot) {
  if (slot >= outlets_.size() || outlets_[slot].socket < 0 || !outlets_[slot].blocked) return;
  now_ = loop_.now();
  outlets_[slot].blocked = false;
  if (flush_backlog(slot)) catch_up_all(slot);
}

bool Fanout::on_echo(std::uint32_t slot) {
  Outlet& outlet = outlets_[slot];
  if (outlet.pinged == 0) return false;
  --outlet.pinged;
  outlet.echoes = true;
  if (!std::exchange(outlet.unread, false) || outlet.blocked) return true;
  now_ = loop_.now();
  catch_up_all(slot);
  return true;
}

// All of them: the first that is sent something must not keep the others waiting for its echo.
void Fanout::catch_up_all(std::uint32_t slot) {
  const Outlet& outlet = outlets_[slot];
  const bool unread = outlet.unread;
  for (const Subscription& each : outlet.subscriptions) {
    if (outlet.blocked) return;
    if (each.mirror == nullptr || (each.mirror->manner.latest_wins && unread)) continue;
    Follower& follower = each.mirror->followers[each.index];
    if (follower.cursor < each.mirror->flushed) catch_up(*each.mirror, follower);
  }
}

void Fanout::open_mirror(RingNumber ring, std::uint64_t next, const Place& place, Manner manner) {
  auto mirror = std::make_unique<Mirror>();
  mirror->ring = ring;
  mirror->manner = manner;
  mirror->next = mirror->flushed = next;
  mirror->base = place;
  CHECK(mirrors_.emplace(ring, std::move(mirror)).second);
}

void Fanout::close_mirror(RingNumber ring) {
  auto found = mirrors_.find(ring);
  CHECK(found != mirrors_.end());
  Mirror& mirror = *found->second;
  flush_mirror(mirror);
  for (const Follower& follower : mirror.followers)
    outlets_[follower.slot].subscriptions[follower.subscription].mirror = nullptr;
  std::erase(dirty_, &mirror);
  mirrors_.erase(found);
}

void Fanout::publish(RingNumber ring, PublicationRef publication, std::uint64_t oldest) {
  Mirror& mirror = *mirrors_.at(ring);
  CHECK(publication->sequence == mirror.next);
  mirror.publications.push_back(std::move(publication));
  ++mirror.next;
  if (oldest > mirror.flushed) flush_mirror(mirror);  // a burst longer than the ring within one turn
  while (mirror.oldest() < oldest) drop_oldest(mirror);
  if (!mirror.dirty && mirror.flushed < mirror.next) {
    mirror.dirty = true;
    dirty_.push_back(&mirror);
  }
}

void Fanout::skip(RingNumber ring, std::uint64_t next, const Place& place) {
  Mirror& mirror = *mirrors_.at(ring);
  flush_mirror(mirror);
  while (!mirror.publications.empty()) drop_oldest(mirror);
  while (!mirror.followers.empty()) {  // all stood at its end
    const Follower last = mirror.followers.back();
    detach(outlets_[last.slot], last.subscription);
    ++counts_.behind;
    observer_->on_behind({{last.slot, outlets_[last.slot].generation}, last.subscription},
                         {ring, mirror.next, mirror.base});
  }
  mirror.next = mirror.flushed = next;
  mirror.base = place;
}

// The oldest publication goes; who still needed it is behind.
void Fanout::drop_oldest(Mirror& mirror) {
  const std::uint64_t sequence = mirror.oldest();
  std::erase_if(mirror.lagging, [&](const FollowerName& name) {
    Follower* follower = find(mirror, name);
    if (follower == nullptr) return true;
    if (follower->cursor > sequence) return false;  // purge() takes out who caught up
    if (mirror.manner.latest_wins) {
      follower->cursor = sequence + 1;
      return false;
    }
    detach(outlets_[name.session.slot], name.subscription);
    ++counts_.behind;
    observer_->on_behind(name, {mirror.ring, sequence, mirror.base});
    return true;
  });
  mirror.base = mirror.publications.front()->after;
  mirror.publications.pop_front();
}

Fanout::Follower* Fanout::find(const Mirror& mirror, const FollowerName& name) const {
  if (!is_open(name.session)) return nullptr;
  const auto& all = outlets_[name.session.slot].subscriptions;
  if (name.subscription >= all.size() || all[name.subscription].mirror != &mirror) return nullptr;
  return &all[name.subscription].mirror->followers[all[name.subscription].index];
}

void Fanout::attach(const FollowerName& name, const Joint& joint) {
  if (!is_open(name.session)) return;
  auto& all = outlets_[name.session.slot].subscriptions;
  if (name.subscription >= all.size() || !all[name.subscription].used) return;
  Mirror& mirror = *mirrors_.at(joint.ring);
  CHECK(joint.sequence <= mirror.next);
  detach(outlets_[name.session.slot], name.subscription);
  if (joint.sequence < mirror.oldest()) {
    ++counts_.behind;
    observer_->on_behind(name, joint);
    return;
  }
  if (joint.sequence > mirror.flushed) flush_mirror(mirror);
  all[name.subscription].mirror = &mirror;
  all[name.subscription].index = static_cast<std::uint32_t>(mirror.followers.size());
  mirror.followers.push_back({name.session.slot, name.subscription & 0x7fffffffU, 0, joint.sequence});
  if (joint.sequence == mirror.flushed) return;
  now_ = loop_.now();
  lag(mirror, mirror.followers.back());
  if (takes(mirror, name.session.slot)) catch_up(mirror, mirror.followers.back());
}

void Fanout::leave(const FollowerName& name) {
  if (!is_open(name.session) || name.subscription >= outlets_[name.session.slot].subscriptions.size()) return;
  detach(outlets_[name.session.slot], name.subscription);
}

void Fanout::release(const FollowerName& name) {
  if (!is_open(name.session)) return;
  const auto& all = outlets_[name.session.slot].subscriptions;
  if (name.subscription >= all.size() || all[name.subscription].mirror == nullptr) return;
  const Subscription mine = all[name.subscription];
  const Mirror& mirror = *mine.mirror;
  const std::uint64_t cursor = mirror.followers[mine.index].cursor;
  const Place place =
      cursor == mirror.oldest() ? mirror.base : mirror.publications[cursor - mirror.oldest() - 1]->after;
  detach(outlets_[name.session.slot], name.subscription);
  observer_->on_behind(name, {mirror.ring, cursor, place});
}

bool Fanout::has_everything(const FollowerName& name) const {
  if (!is_open(name.session)) return true;
  const Outlet& outlet = outlets_[name.session.slot];
  if (outlet.blocked || outlet.backlog || name.subscription >= outlet.subscriptions.size()) return false;
  const Subscription& mine = outlet.subscriptions[name.subscription];
  // Without a mirror it fell behind, and is about to have its history replayed.
  return mine.mirror != nullptr && mine.mirror->followers[mine.index].cursor == mine.mirror->next;
}

void Fanout::lag(Mirror& mirror, Follower& follower) {
  if (follower.listed) return;
  if (mirror.lagging.size() > 2 * mirror.followers.size() + 16) purge(mirror);
  follower.listed = 1;
  mirror.lagging.push_back({{follower.slot, outlets_[follower.slot].generation}, follower.subscription});
}

void Fanout::purge(Mirror& mirror) {
  std::erase_if(mirror.lagging, [&](const FollowerName& name) {
    Follower* follower = find(mirror, name);
    if (follower != nullptr && follower->cursor < mirror.flushed) return false;
    if (follower != nullptr) follower->listed = 0;
    return true;
  });
}

// The contiguous runs of bytes from a sequence to the flushed end, for send_gathered().
void Fanout::gather(const Mirror& mirror, std::uint64_t from) {
  parts_.clear();
  parts_bytes_ = 0;
  parts_messages_ = 0;
  for (std::uint64_t sequence = from; sequence < mirror.flushed; ++sequence) {
    const Publication& publication = *mirror.publications[sequence - mirror.oldest()];
    const std::string_view bytes = publication.bytes;
    parts_bytes_ += bytes.size();
    parts_messages_ += publication.messages;
    if (!parts_.empty()) {
      iovec& last = parts_.back();
      if (static_cast<const char*>(last.iov_base) + last.iov_len == bytes.data()) {
        last.iov_len += bytes.size();
        continue;
      }
    }
    parts_.push_back({const_cast<char*>(bytes.data()), bytes.size()});
  }
}

// From the follower's cursor to the flushed end. What the socket leaves of a publication that it began goes into the
// backlog, so that the cursor stands between publications.
void Fanout::send_gathered(const Mirror& mirror, Follower& follower) {
  std::size_t sent = transmit(follower.slot, parts_, parts_bytes_);
  if (mirror.manner.latest_wins && sent > 0) {
    Outlet& outlet = outlets_[follower.slot];
    outlet.unread = outlet.echoes;
    outlet.pinged = static_cast<std::uint16_t>(std::min(outlet.pinged + 1, 0xffff));
  }
  if (sent == parts_bytes_) {
    counts_.messages[mirror.manner.group] += parts_messages_;
    follower.cursor = mirror.flushed;
    return;
  }
  while (sent > 0) {
    const Publication& publication = *mirror.publications[follower.cursor - mirror.oldest()];
    const std::size_t taken = std::min(sent, publication.bytes.size());
    if (taken < publication.bytes.size()) queue(outlets_[follower.slot], publication.bytes.substr(taken));
    sent -= taken;
    counts_.messages[mirror.manner.group] += publication.messages;
    ++follower.cursor;
  }
}

void Fanout::catch_up(Mirror& mirror, Follower& follower) {
  gather(mirror, follower.cursor);
  send_gathered(mirror, follower);
}

void Fanout::flush_mirror(Mirror& mirror) {
  const std::uint64_t from = std::exchange(mirror.flushed, mirror.next);
  if (from == mirror.flushed) return;
  now_ = loop_.now();
  gather(mirror, from);
  const std::uint64_t before = counts_.messages[mirror.manner.group];
  for (std::size_t i = 0; i < mirror.followers.size(); ++i) {
    // The next one's outlet arrives from memory while the kernel sends: with many channels it is in no cache.
    if (i + 1 < mirror.followers.size()) __builtin_prefetch(&outlets_[mirror.followers[i + 1].slot], 1);
    Follower& follower = mirror.followers[i];
    if (follower.cursor != from) continue;  // lags already, its socket's readiness moves it
    if (takes(mirror, follower.slot)) send_gathered(mirror, follower);
    if (follower.cursor != mirror.flushed) lag(mirror, follower);
  }
  const net::WallTime source = mirror.publications.back()->source_time;
  const std::uint64_t sent = counts_.messages[mirror.manner.group] - before;
  if (on_latency_ && source != net::WallTime{} && sent > 0) on_latency_(mirror.manner.group, source, sent);
}

void Fanout::flush() {
  for (Mirror* mirror : std::exchange(dirty_, {})) {
    mirror->dirty = false;
    flush_mirror(*mirror);
  }
  for (const Session& session : std::exchange(broken_, {}))
    if (is_open(session)) observer_->on_broken(session.slot);
}

}  // namespace hub
