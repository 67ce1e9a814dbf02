#include "feeds/message_feed.hpp"

#include <algorithm>

#include "base/planted.hpp"
#include "feeds/message_text.hpp"
#include "messages/advance.hpp"
#include "net/random.hpp"

namespace feeds {
namespace {

using namespace std::chrono_literals;
using messages::Position;

constexpr std::size_t unread_max = 64 << 10;  // of who comes and goes, of one watcher
constexpr std::size_t remembered_bytes = 256 << 10;
constexpr std::size_t held_bytes_max = 256 << 10;
constexpr net::Duration touch_after = 30min;  // the store forgets a channel that is not used for a day or more
constexpr net::Duration pause_first = 100ms, pause_max = 5s;  // between reads that fail

}  // namespace

MessageFeed::MessageFeed(Parts parts, std::string channel, messages::Limits limits)
    : parts_(std::move(parts)),
      limits_(limits),
      live_(parts_.live, {Source::app}, std::move(channel)),
      recent_(remembered_bytes),
      members_version_(parts_.loop.random().next() | 1),
      watch_(parts_.presence_max) {
  following_ = parts_.bus.follow(live_.name(), *this);
}

void MessageFeed::follow(const Follow& follow) {
  if (!follow.who.session.empty()) {
    members_.insert_or_assign(follow.follower, follow.who);
    ++members_version_;
  }
  if (!follow.start.message) {  // it goes on where it stands, if it stands anywhere
    if (live_.has(follow.follower)) return live_.tell(follow.follower, {at_->print(), {}, {}, {}});
    const auto passage = passages_.find(follow.follower);
    if (passage != passages_.end() && !passage->second->over()) {
      if (passage->second->told()) live_.tell(follow.follower, {passage->second->at()->print(), {}, {}, {}});
      return;
    }
  }
  live_.leave(follow.follower);
  begin_passage(follow, follow.start.message, false);
}

void MessageFeed::unfollow(const hub::Follower& follower) {
  passages_.erase(follower);
  live_.leave(follower);
  unread_.erase(follower);
  if (members_.erase(follower) > 0) ++members_version_;
  if (!watched()) watch_ = PresenceWatch(parts_.presence_max);
}

PresenceReply MessageFeed::members(const PresenceQuestion& question) const {
  PresenceReply reply;
  if (members_.empty()) return reply;
  reply.version = members_version_;
  reply.count = members_.size();
  const auto known = question.known.find(parts_.instance);
  reply.same = known != question.known.end() && known->second == reply.version;
  if (reply.same || reply.count > parts_.presence_max) return reply;
  const std::string label = label_of(parts_.instance);
  for (const auto& [follower, who] : members_) reply.members.push_back({who.session, who.subject, label});
  return reply;
}

bool MessageFeed::watched() const {
  return std::any_of(members_.begin(), members_.end(), [](const auto& each) { return each.second.watches; });
}

void MessageFeed::look(const std::vector<PresenceReply>& replies) {
  std::vector<LiveChannel::Told> news;
  for (const auto& [joins, member] : watch_.look(replies, parts_.loop.now()))
    news.push_back({presence_text(joins ? "join" : "leave", live_.name(), member)});
  if (news.empty()) return;
  for (const auto& [follower, who] : members_) {
    if (!who.watches) continue;
    std::size_t& unread = unread_[follower];
    const auto passage = passages_.find(follower);
    if (unread > unread_max) {
      refuse_slow(follower);
    } else if (live_.has(follower)) {
      unread += live_.replay(follower, live_.shape_of(follower).form, news);
    } else if (passage != passages_.end()) {
      unread += passage->second->tell(news);
    }
  }
}

// What it would be told were more and more; it asks who is there when it comes again.
void MessageFeed::refuse_slow(const hub::Follower& follower) {
  live_.refuse(follower, {base::Fault::unavailable, "Who comes and goes was told faster than it was read."});
  parts_.loop.post([this, follower, alive = std::weak_ptr(alive_)] {
    if (alive.lock()) parts_.on_refused(follower);
  });
}

void MessageFeed::on_behind(const hub::Follower& follower, const Position& at) {
  if (!live_.has(follower) || passages_.contains(follower)) return;
  Follow follow;
  follow.follower = follower;
  follow.shape = live_.shape_of(follower);
  live_.leave(follower);
  begin_passage(follow, base::planted::message_fell_out ? *at_ : at, true);
}

void MessageFeed::say(const std::string& data) {
  if (at_) live_.publish(LiveChannel::Told{unkept_text(live_.name(), data), {}, data}, {}, hub::Place::of(*at_));
}

void MessageFeed::begin_passage(const Follow& follow, std::optional<Position> at, bool told) {
  auto& passage = passages_[follow.follower];
  passage = std::make_unique<MessagePassage>(*this, follow, at, told);
  if (!settled()) must_read();
  passage->start();
}

void MessageFeed::on_drained(const hub::Follower& follower, std::size_t bytes) {
  if (const auto found = unread_.find(follower); found != unread_.end())
    found->second -= std::min(found->second, bytes);
  if (const auto found = passages_.find(follower); found != passages_.end()) found->second->on_drained(bytes);
}

// What was published before the subscription stood may be missing.
void MessageFeed::on_following() {
  deaf_ = false;
  must_read();
}

void MessageFeed::on_lost() { deaf_ = true; }

void MessageFeed::on_frame(std::string_view bytes) {
  messages::Undecodable why{};
  auto frame = messages::decode(bytes, why);
  if (!frame) {
    ++parts_.counts.undecodable;
    return must_read();
  }
  if (!at_) return must_read();
  const Position& position = frame->message.position;
  const bool same = position.epoch == at_->epoch;
  if (same && position.offset <= at_->offset) {
    if (!frame->tip) ++parts_.counts.losses.duplicates;
    return;
  }
  if (base::planted::message_dropped_tip && frame->tip) return;
  if (base::planted::message_needless_gap && !frame->tip && same)
    return take({{position, position.offset, state_.past}, {frame->message}});
  const bool next = position.offset == at_->offset + 1 || base::planted::message_unfilled_hole;
  if (!frame->tip && same && next) return tell(frame->message);
  if (!frame->tip && held_bytes_ + bytes.size() <= held_bytes_max) {
    held_bytes_ += bytes.size();
    held_.push_back(std::move(frame->message));
  }
  must_read();
}

void MessageFeed::touch() {
  if (at_ && parts_.loop.now() - read_at_ > touch_after) must_read();
}

void MessageFeed::must_read() {
  must_read_ = true;
  if (std::exchange(reads_, true)) return;
  reading_ = net::Job(read_on());
}

// Until we stand where the store does. Who is in a passage waits for it, and is refused where it cannot be read.
net::Task<void> MessageFeed::read_on() {
  net::Duration pause = pause_first;
  while (must_read_) {
    must_read_ = false;
    const auto page = co_await read_page();
    if (page) {
      failure_.reset();
      read_at_ = parts_.loop.now();
      pause = pause_first;
      take(*page);
      continue;
    }
    must_read_ = true;
    failure_ = page.error();
    wake_passages();
    co_await parts_.loop.sleep(
        net::Duration(static_cast<std::int64_t>(parts_.loop.random().unit() * double(pause.count()))));
    pause = std::min<net::Duration>(2 * pause, pause_max);
  }
  reads_ = false;
  wake_passages();
}

// From where we stand; at first the newest.
net::Task<base::Result<messages::Page>> MessageFeed::read_page() {
  const auto place = co_await parts_.reads.enter();
  ++parts_.counts.reads;
  messages::Range range;
  if (at_) range.after = at_->offset;
  auto page = co_await parts_.store.read(live_.name(), range, limits_);
  co_return std::move(page);
}

void MessageFeed::take(const messages::Page& page) {
  // What was heard while it was on its way lies behind it.
  const bool old = at_ && page.state.top.epoch == at_->epoch && page.state.top.offset < at_->offset;
  if (old) return take_held();
  state_ = page.state;
  if (!at_) {
    // Nobody was told anything yet: what is remembered may end anywhere.
    at_ = page.items.empty() ? page.state.top
                             : Position{page.items.front().position.epoch, page.items.front().position.offset - 1};
  }
  const messages::Advance next = messages::advance(*at_, page);
  if (next.lost) {
    if (!base::planted::message_recent_hole) recent_.clear();
    parts_.counts.losses.add_gap(next.lost->reason, messages::missing(*next.lost));
    live_.publish([&](Form form) { return gap(*next.lost, form); }, hub::Place::of(next.lost->to));
  }
  for (const messages::Message* each : next.messages) pass_on(*each);
  take_held();
  if (!next.at_end) must_read_ = true;
}

void MessageFeed::take_held() {
  for (; !held_.empty(); held_.pop_front()) {
    const Position& position = held_.front().position;
    if (position.epoch == at_->epoch && position.offset > at_->offset + 1) break;
    const bool next = position.offset == at_->offset + 1 || base::planted::message_told_twice;
    if (position.epoch == at_->epoch && next) {
      tell(held_.front());
    } else if (position.epoch == at_->epoch) {
      ++parts_.counts.losses.duplicates;
    }
  }
  held_bytes_ = 0;
  if (!held_.empty()) must_read_ = true;
}

void MessageFeed::tell(const messages::Message& message) {
  at_ = message.position;
  pass_on(message);
}

void MessageFeed::pass_on(const messages::Message& message) {
  const LiveChannel::Told as_told = told(message);
  recent_.push(message.position.offset, as_told);
  live_.publish(as_told, message.time, hub::Place::of(message.position));
}

LiveChannel::Told MessageFeed::told(const messages::Message& message) const {
  return {message_text(live_.name(), message), message.position.print(), message.data};
}

LiveChannel::Told MessageFeed::gap(const messages::Recovery& lost, Form form) const {
  return {gap_text(live_.name(), lost, form), lost.to.print()};
}

// As far as it is known here; what is remembered is all that there is.
messages::State MessageFeed::local_state() const {
  messages::State state = state_;
  state.top = *at_;
  state.oldest = recent_.oldest(at_->offset);
  return state;
}

void MessageFeed::wake_passages() {
  for (const auto& [follower, passage] : passages_) passage->wake();
}

// Those that are over, outside of them.
void MessageFeed::sweep() {
  parts_.loop.post([this, alive = std::weak_ptr(alive_)] {
    if (!alive.lock()) return;
    std::vector<hub::Follower> refused;
    for (const auto& [follower, passage] : passages_)
      if (passage->over() && !live_.has(follower)) refused.push_back(follower);
    std::erase_if(passages_, [](const auto& each) { return each.second->over(); });
    for (const hub::Follower& each : refused) parts_.on_refused(each);
  });
}

}  // namespace feeds
