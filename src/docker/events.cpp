#include "docker/events.hpp"

#include <algorithm>

#include "docker/client.hpp"
#include "docker/json_fields.hpp"
#include "net/random.hpp"

namespace docker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr net::Duration wait_min = milliseconds(100), wait_max = seconds(5);
constexpr net::Duration check_every = seconds(15);  // an Engine that is gone without a word is noticed within 20 s
constexpr int checks_per_resync = 4;
constexpr std::int64_t everything_ns = 1'000'000'000;  // since then: all that the Engine remembers

}  // namespace

std::optional<Event> parse_event(std::string_view text) {
  auto value = parse_engine_json(text);
  if (!value) return std::nullopt;
  Event event;
  event.type = string_field(*value, {"Type"});
  event.id = string_field(*value, {"Actor", "ID"});
  event.attributes = map_field(*value, {"Actor", "Attributes"});
  event.time_ns = integer_field(*value, {"timeNano"}).value_or(0);
  const std::string action = string_field(*value, {"Action"});
  const auto colon = action.find(':');
  event.action = action.substr(0, colon);
  if (colon != action.npos) event.detail = action.substr(std::min(action.size(), colon + 2));
  event.json = text;
  if (event.type.empty() || event.action.empty()) return std::nullopt;
  return event;
}

bool same_event(const Event& a, const Event& b) {
  return a.time_ns == b.time_ns && a.id == b.id && a.action == b.action && a.type == b.type && a.detail == b.detail &&
         a.attributes == b.attributes;
}

net::Task<base::Result<Event>> EventStream::next() {
  for (;;) {
    auto line = co_await lines_.next();
    if (!line) co_return line.error();
    if (auto event = parse_event(*line)) co_return std::move(*event);
  }
}

EventWatch::EventWatch(Client& client, Listener& listener, std::vector<Event> last)
    : client_(client), loop_(client.loop()), listener_(listener), last_(std::move(last)) {
  job_ = net::Job(run());
}

net::Task<void> EventWatch::run() {
  for (;;) {
    const net::Instant begun = loop_.now();
    const End end = co_await watch();
    if (loop_.now() - begun > wait_max) failures_ = 0;
    if (end.down) change(State::down, &end.why);
    co_await loop_.sleep(backoff());
  }
}

net::Task<EventWatch::End> EventWatch::watch() {
  EventQuery query;
  query.since_ns = last_.empty() ? everything_ns : last_.back().time_ns;
  joined_ = last_.empty();
  auto stream = co_await client_.events(std::move(query));
  if (!stream) co_return End{stream.error()};
  change(State::up, nullptr);
  listener_.on_resync();
  std::optional<End> end;
  net::Signal done(loop_);
  net::Job reading(read(**stream, end, done));
  net::Job checking(check(end, done));
  while (!end) co_await done.wait();
  co_return std::move(*end);
}

net::Task<void> EventWatch::read(EventStream& stream, std::optional<End>& end, net::Signal& done) {
  for (;;) {
    auto event = co_await stream.next();
    if (!event) {
      end = End{event.error(), false};
      break;
    }
    deliver(*event);
  }
  done.notify();
}

// A connection whose other end vanished stays silent for ever, as one does on which nothing happens: so we ask.
net::Task<void> EventWatch::check(std::optional<End>& end, net::Signal& done) {
  for (int checks = 1;; ++checks) {
    co_await loop_.sleep(check_every);
    auto answered = co_await client_.ping();
    if (!answered) {
      end = End{answered.error()};
      break;
    }
    if (checks % checks_per_resync == 0) listener_.on_resync();
  }
  done.notify();
}

void EventWatch::deliver(const Event& event) {
  const bool again =
      std::any_of(last_.begin(), last_.end(), [&event](const Event& each) { return same_event(each, event); });
  if (!std::exchange(joined_, true) && !again) listener_.on_missed();
  if (again) return;
  if (!last_.empty() && event.time_ns != last_.back().time_ns) last_.clear();
  last_.push_back(event);
  listener_.on_event(event);
}

void EventWatch::change(State state, const base::Error* why) {
  if (std::exchange(state_, state) == state) return;
  if (state == State::up) {
    listener_.on_up();
  } else {
    listener_.on_down(*why);
  }
}

// Full jitter: many instances watch one Engine, and all of them lose it at once.
net::Duration EventWatch::backoff() {
  const net::Duration most = std::min(wait_max, wait_min * (std::int64_t{1} << std::min(failures_, 10)));
  ++failures_;
  return net::Duration(static_cast<std::int64_t>(loop_.random().below(static_cast<std::uint64_t>(most.count()))));
}

}  // namespace docker
