// Server, where time passes: deadlines of slots, and what is done once a second.
#include "api/server.hpp"
#include "net/random.hpp"

namespace api {

void Server::arm(SessionSlot& slot, net::Duration delay) { deadlines_.arm(slot.session.slot, loop_.now() + delay); }

Liveness::Socket Server::outlet(const SessionSlot& slot) const {
  return {fanout_.last_sent(slot.session.slot), fanout_.blocked(slot.session.slot)};
}

void Server::watch(SessionSlot& slot) {
  deadlines_.arm(slot.session.slot, slot.life.when(loop_.now(), outlet(slot), settings_));
}

void Server::on_due(SessionSlot& slot) {
  switch (slot.state) {
    case State::open:
      return on_due_open(slot);
    case State::streaming:
      return on_due_stream(slot);
    case State::http:
      if (slot.http->download != HttpPhase::Download::none) return on_due_download(slot);
      strike(slot.http->first ? Limit::handshake_time : slot.http->timed ? Limit::request_time : Limit::idle_time);
      if (slot.http->reader.started()) {
        slot.http->form = {};
        return refuse(slot, {408, "bad_request", "The request did not come whole in time."});
      }
      return remove(slot);
    case State::closing:
    case State::parting:
      strike(Limit::close_time);
      return remove(slot);
    case State::free:
      return;
  }
}

void Server::on_due_open(SessionSlot& slot) {
  using Due = Liveness::Due;
  for (;;) {
    switch (slot.life.next(loop_.now(), outlet(slot), settings_, loop_.random())) {
      case Due::nothing:
        return watch(slot);
      case Due::ping:
        say_control(slot, ws::Opcode::ping, {});
        break;
      case Due::heartbeat:
        say(slot, R"({"type":"heartbeat"})");
        break;
      case Due::no_credentials:
        strike(Limit::credentials_time);
        return carry_out(slot, slot.talk.give_up(terms(slot)));
      case Due::no_pong:
        strike(Limit::pong_time);
        return hang(slot, close_code::no_pong, "No pong came in time.");
      case Due::no_progress:
        strike(Limit::progress_time);
        return hang(slot, close_code::no_progress, "The socket took nothing for too long.");
      case Due::unfinished:
        strike(Limit::message_time);
        return hang(slot, close_code::no_progress, "A message was not finished in time.");
    }
  }
}

void Server::tick() {
  const net::Instant now = loop_.now();
  deadlines_.advance(now, [this](std::uint32_t slot) { on_due(slots_[slot]); });
  if (departures_ != nullptr) depart();
  fanout_.flush();
  tell();
  if (now >= counted_at_ + beat_interval) {
    counted_at_ = now;
    beats_.beat(beat_, now);
    count();
  }
  ticker_ = loop_.after(deadlines_.tick(), [this] { tick(); });
}

// Passes on what the fan-out counted, so that its own counts stay plain numbers.
void Server::count() {
  const hub::FanoutCounts& now = fanout_.counts();
  for (std::size_t i = 0; i < feeds::sources; ++i)
    metrics_.sent[static_cast<Family>(i)].add(now.messages[i] - counted_.messages[i]);
  metrics_.bytes.add(now.bytes - counted_.bytes);
  metrics_.blocked.add(now.blocked - counted_.blocked);
  metrics_.behind.add(now.behind - counted_.behind);
  counted_ = now;
  const auto waiting = static_cast<std::int64_t>(fanout_.backlog_bytes());
  metrics_.waiting_bytes.add(waiting - std::exchange(waiting_bytes_, waiting));
}

}  // namespace api
