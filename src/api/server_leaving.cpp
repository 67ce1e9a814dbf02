// Server, when its instance goes: each client is told when to connect elsewhere, and who stays is closed.
//
//   serving ──notice()──▶ noticed ──leave()──▶ leaving ──end()──▶ ended
//
// Every client has a place in the line of Departures. A WebSocket is told its place (`migrate`); if it is still here a
// while behind it, it gets another place, at which it is closed with 4200: whoever does not obey comes back at the same
// pace. A stream is ended at its place. Downloads, and answers that are on their way, are waited for.
#include "api/server.hpp"
#include "base/check.hpp"

namespace api {
namespace {

// For a client that obeys to open another connection, to resume there, and to close this one.
constexpr net::Duration patience = std::chrono::seconds(2);

std::int64_t milliseconds(net::Duration duration) {
  return std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

}  // namespace

void Server::notice() {
  CHECK(stay_ == Stay::serving);
  stay_ = Stay::noticed;
}

void Server::leave(Departures& departures, net::Callback done) {
  CHECK(stay_ == Stay::noticed);
  stay_ = Stay::leaving;
  departures_ = &departures;
  on_left_ = std::move(done);
  for (SessionSlot& slot : slots_) tell_to_go(slot);
  on_turn_end();
  depart();
}

void Server::tell_to_go(SessionSlot& slot) {
  if (slot.state != State::open && slot.state != State::streaming) return;
  const net::Instant now = loop_.now(), place = departures_->take(now);
  if (slot.state == State::streaming) {
    departing_.emplace(place, Departure{slot.session, true});
    return;
  }
  departing_.emplace(place + patience, Departure{slot.session, false});
  Message message("migrate");
  message.number("in_ms", milliseconds(place - now)).text("reason", "drain");
  if (slot.talk.quiet()) message.text("data", "This connection is about to move to another server");
  say(slot, message.take());
}

// Closes those whose time comes before the next look, and sees who is left.
void Server::depart() {
  const net::Instant now = loop_.now();
  while (!departing_.empty() && departing_.begin()->first <= now + deadlines_.tick()) {
    const auto [when, departure] = *departing_.begin();
    departing_.erase(departing_.begin());
    SessionSlot* slot = find(departure.session);
    if (slot == nullptr) continue;
    if (departure.last) {
      dismiss(*slot, when);
    } else if (slot->state == State::open) {
      departing_.emplace(departures_->take(now), Departure{departure.session, true});
    }
  }
  std::int64_t remaining = 0;
  for (const SessionSlot& slot : slots_)
    remaining += slot.state != State::free && (slot.state != State::http || slot.http->answering);
  metrics_.drain_remaining.add(remaining - std::exchange(remaining_, remaining));
  if (remaining == 0 && on_left_) loop_.post(std::exchange(on_left_, {}));
}

void Server::dismiss(SessionSlot& slot, net::Instant place) {
  if (slot.state == State::open) {
    hang(slot, close_code::drain, Message().number("ms", milliseconds(place - loop_.now())).take());
  } else if (slot.state == State::streaming) {
    end_stream(slot);
    part(slot);
  }
}

// They are told the places that they have, so the pace is kept by them.
void Server::end() {
  CHECK(stay_ == Stay::leaving);
  stay_ = Stay::ended;
  const net::Instant now = loop_.now();
  for (const auto& [when, departure] : std::exchange(departing_, {})) {
    const net::Instant place = departure.last ? when : when - patience;
    if (SessionSlot* slot = find(departure.session)) dismiss(*slot, place > now ? place : departures_->take(now));
  }
  on_turn_end();
  depart();
}

}  // namespace api
