#include "messages/publisher.hpp"

#include "base/planted.hpp"
#include "net/random.hpp"
#include "net/signal.hpp"

namespace messages {
namespace {

using namespace std::chrono_literals;
using base::Error;
using base::Fault;
using base::Result;

constexpr net::Duration tip_after = 1s;
constexpr int tells_max = 5;                 // of a tip; whoever lost more than those hears of it when it listens again
constexpr net::Duration known_for = 5min;    // what its publisher gave a message_id
constexpr net::Duration retried_for = 1min;  // what only we ask again
constexpr net::Duration pause_min = 50ms, pause_more = 150ms;

struct Counted {
  explicit Counted(std::size_t& count_in) : count(count_in) { ++count; }
  ~Counted() { --count; }
  Counted(const Counted&) = delete;
  std::size_t& count;
};

bool leaves_open(Fault fault) { return fault == Fault::timed_out || fault == Fault::closed; }

Error unknown() {
  return {Fault::unknown_outcome,
          "Nobody said in time whether the message was published; asked again with the same message_id, it is told"};
}

}  // namespace

Publisher::Publisher(net::Loop& loop, Store& store, bus::Bus& bus, Bounds bounds)
    : loop_(loop), store_(store), bus_(bus), bounds_(bounds) {}

net::Task<Result<Published>> Publisher::publish(Publication publication) {
  if (under_way_ >= bounds_.under_way_max)
    co_return Error{Fault::unavailable, "Too many publications wait for their answer"};
  const Counted counted(under_way_);
  publication.call = print_epoch(loop_.random().next());
  // One letter apart: nobody's message_id is taken for one of ours.
  const bool named = !publication.message_id.empty();
  publication.once = named ? "m" + publication.message_id : "c" + publication.call;
  if (base::planted::message_known_anew) publication.once += publication.call;
  publication.once_for = named ? known_for : retried_for;
  const std::string channel = publication.channel;
  const auto published = co_await ask(std::move(publication));
  if (published) note(channel, published->position);
  co_return published;
}

net::Task<Result<Published>> Publisher::ask(Publication publication) {
  const net::Instant end = loop_.now() + bounds_.answer_max;
  bool open = false;  // an earlier try may have stored it
  for (;;) {
    auto published = co_await net::with_deadline(loop_, end - loop_.now(), store_.publish(publication));
    if (published) co_return published;
    open = open || leaves_open(published.error().fault);
    if (!open || base::planted::message_guessed) co_return published;
    if (base::planted::message_asked_anew) publication.once += "+";
    const auto more = static_cast<double>(pause_more.count()) * loop_.random().unit();
    const net::Duration pause = pause_min + net::Duration(static_cast<std::int64_t>(more));
    if (loop_.now() + pause >= end) co_return unknown();
    co_await loop_.sleep(pause);
  }
}

void Publisher::note(const std::string& channel, const Position& position, int told) {
  auto known = by_name_.find(channel);
  if (known == by_name_.end()) {
    if (quiet_.size() >= bounds_.tips_max) tell_first();
    known = by_name_.emplace(channel, quiet_.insert(quiet_.end(), Quiet{channel, position, {}})).first;
  }
  Quiet& quiet = *known->second;
  quiet.due = loop_.now() + tip_after;
  quiet.told = told;
  // An answer that was asked for again may come behind a later one's.
  if (position.epoch != quiet.end.epoch || position.offset > quiet.end.offset) quiet.end = position;
  quiet_.splice(quiet_.end(), quiet_, known->second);
  if (quiet_.size() == 1) wait();
}

void Publisher::tell_first() {
  Quiet first = std::move(quiet_.front());
  by_name_.erase(first.channel);
  quiet_.pop_front();
  std::string tip = encode_tip(first.end);
  const std::string channel = first.channel;
  auto on_published = [this, first = std::move(first), alive = std::weak_ptr(alive_)](const auto& receivers) {
    // One that waits now says no less.
    const bool again = !receivers && first.told + 1 < tells_max && alive.lock() && !by_name_.contains(first.channel);
    if (again) note(first.channel, first.end, first.told + 1);
  };
  bus_.publish(channel, std::move(tip), std::move(on_published));
}

void Publisher::wait() {
  timer_ = loop_.after(quiet_.front().due - loop_.now(), [this] {
    while (!quiet_.empty() && quiet_.front().due <= loop_.now()) tell_first();
    if (!quiet_.empty()) wait();
  });
}

}  // namespace messages
