#include "feeds/message_passage.hpp"

#include <algorithm>

#include "base/planted.hpp"
#include "feeds/message_feed.hpp"
#include "messages/advance.hpp"

namespace feeds {
namespace {

using messages::Recovery;

constexpr std::size_t page_bytes = 64 << 10;
constexpr std::size_t in_flight_max = 64 << 10;
constexpr net::Duration answer_max = std::chrono::seconds(5);  // until it is subscribed or refused
constexpr net::Duration pause = std::chrono::seconds(1);       // between reads that fail, once it is subscribed

}  // namespace

MessagePassage::MessagePassage(MessageFeed& feed, Follow follow, std::optional<messages::Position> at, bool told)
    : feed_(feed),
      follow_(std::move(follow)),
      at_(at),
      told_(told),
      begun_(feed.parts_.loop.now()),
      wake_(feed.parts_.loop) {}

void MessagePassage::start() {
  if (!told_) patience_ = feed_.parts_.loop.after(answer_max, [this] { wake(); });
  job_ = net::Job(pass());
}

std::size_t MessagePassage::tell(const std::vector<LiveChannel::Told>& news) {
  if (!told_ || over_) return 0;
  const std::size_t bytes = feed_.live_.replay(follow_.follower, follow_.shape.form, news);
  in_flight_ += bytes;
  return bytes;
}

void MessagePassage::on_drained(std::size_t bytes) {
  in_flight_ -= std::min(in_flight_, bytes);
  wake();
}

net::Task<void> MessagePassage::pass() {
  while (!over_) {
    const bool late = feed_.parts_.loop.now() - begun_ >= answer_max;
    if (!feed_.settled() && !told_ && (feed_.failure_ || late)) {
      refuse(
          feed_.failure_.value_or(base::Error{base::Fault::unavailable, "Redis does not deliver this channel now."}));
    } else if (!feed_.settled() || in_flight_ > in_flight_max) {
      co_await wake_.wait();
    } else if (!arrive()) {
      auto page = co_await read();
      if (page) {
        take(*page);
      } else if (!told_) {
        refuse(page.error());
      } else {
        co_await feed_.parts_.loop.sleep(pause);
      }
    }
  }
}

net::Task<base::Result<messages::Page>> MessagePassage::read() {
  const auto place = co_await feed_.parts_.reads.enter();
  ++feed_.parts_.counts.reads;
  messages::Range range;
  range.after = at_->offset;
  range.bytes_max = page_bytes;
  auto page = co_await feed_.parts_.store.read(feed_.live_.name(), range, feed_.limits_);
  co_return std::move(page);
}

// Where what is remembered here is enough: the rest of its way, at once. Only the store knows what is not.
bool MessagePassage::arrive() {
  Recovery recovery;
  if (at_) recovery = messages::recover(feed_.local_state(), *at_);
  if (recovery.kind != Recovery::Kind::full) return false;
  if (!told_) answer(recovery);
  if (at_) feed_.live_.replay(follow_.follower, follow_.shape.form, feed_.recent_.after(at_->offset));
  feed_.live_.attach(follow_.follower, follow_.shape, hub::Place::of(*feed_.at_));
  over_ = true;
  feed_.sweep();
  return true;
}

void MessagePassage::take(const messages::Page& page) {
  const Recovery recovery = messages::recover(page.state, *at_);
  if (!told_) {
    // Nothing can be resumed: it goes on from the present. That is the store's: we may not have heard of it.
    if (recovery.kind == Recovery::Kind::none) at_ = page.state.top;
    answer(base::planted::message_always_full ? Recovery() : recovery);
    if (recovery.kind == Recovery::Kind::none) return;
  }
  const messages::Advance next = messages::advance(*at_, page);
  std::vector<LiveChannel::Told> news;
  if (next.lost) {
    feed_.parts_.counts.losses.add_gap(next.lost->reason, messages::missing(*next.lost));
    news.push_back(feed_.gap(*next.lost, follow_.shape.form));
  }
  for (const messages::Message* each : next.messages) news.push_back(feed_.told(*each));
  in_flight_ += feed_.live_.replay(follow_.follower, follow_.shape.form, news);
  // The store has more than this instance has heard of.
  if (next.at_end && !(*at_ == *feed_.at_)) feed_.must_read();
}

// `subscribed`, and where it goes on from.
void MessagePassage::answer(const Recovery& recovery) {
  Subscribed subscribed;
  if (follow_.start.message) {
    subscribed.recovered = recovery.kind == Recovery::Kind::full      ? "full"
                           : recovery.kind == Recovery::Kind::partial ? "partial"
                                                                      : "none";
    subscribed.reason = recovery.kind == Recovery::Kind::none ? recovery.reason : "";
    if (recovery.kind == Recovery::Kind::partial)
      subscribed.lost = {recovery.from.print(), recovery.to.print(), recovery.reason};
  }
  subscribed.position = (recovery.kind == Recovery::Kind::partial ? recovery.to : at_.value_or(*feed_.at_)).print();
  told_ = true;
  feed_.live_.tell(follow_.follower, subscribed);
}

void MessagePassage::refuse(const base::Error& error) {
  feed_.live_.refuse(follow_.follower, error);
  over_ = true;
  feed_.sweep();
}

}  // namespace feeds
