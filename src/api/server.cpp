#include "api/server.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/log.hpp"
#include "net/random.hpp"

namespace api {
namespace {

// Sockets beyond a bound of connections that are told so; more are just closed.
constexpr std::uint32_t told_most = 64;

// Deadlines are of seconds.
constexpr net::Duration deadline_tick = std::chrono::milliseconds(250);

}  // namespace

Server::Server(Parts parts, const ServerSettings& settings)
    : loop_(parts.loop),
      sockets_(parts.sockets),
      fanout_(parts.fanout),
      control_(parts.control),
      access_(parts.access),
      metrics_(parts.metrics),
      beats_(parts.beats),
      addresses_(parts.addresses),
      loop_number_(parts.loop_number),
      settings_(settings),
      beat_(beats_.add()),
      deadlines_(deadline_tick, parts.loop.now()) {
  sockets_.set_owner(*this);
  fanout_.set_observer(*this);
  fanout_.set_on_latency([this](hub::Group group, net::WallTime source, std::uint64_t messages) {
    metrics_.latency[group]->observe(std::chrono::duration<double>(loop_.wall_now() - source).count(), messages);
  });
  loop_.post([this] { tick(); });
}

Server::~Server() {
  for (SessionSlot& slot : slots_)
    if (slot.state != State::free) remove(slot);
}

void Server::accept(net::Accepted accepted) {
  load_.fetch_add(1, std::memory_order_relaxed);
  loop_.post([this, accepted = std::move(accepted)]() mutable { take(std::move(accepted)); });
}

void Server::take(net::Accepted accepted) {
  const auto sockets = static_cast<std::uint32_t>(slots_.size() - free_.size());
  const AddressCounts::Place address = addresses_.enter(accepted.peer.block());
  const std::uint32_t of_address = addresses_.count(address);
  const bool full = sockets >= settings_.connections_max, crowded = of_address > settings_.address_connections_max;
  if (full || crowded) strike(full ? Limit::connections : Limit::address_connections);
  if (sockets >= settings_.connections_max + std::min(told_most, settings_.connections_max) ||
      of_address > settings_.address_connections_max + told_most) {
    addresses_.leave(address);
    load_.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t number = free_.back();
  free_.pop_back();
  SessionSlot& slot = slots_[number];
  slot.socket = sockets_.add(std::move(accepted.socket), number);
  slot.session = fanout_.open(number, slot.socket);
  slot.state = State::http;
  slot.http = std::make_unique<HttpPhase>(settings_.request);
  slot.peer = accepted.peer;
  slot.address = address;
  metrics_.connections.add(1);
  slot.http->full = full;
  arm(slot, full ? settings_.close_timeout : settings_.handshake_timeout);
  if (full || !crowded) return;
  metrics_.refused[Refused::crowded].add();
  refuse(slot, {429, "too_many", "Your address has too many connections.", {{"Retry-After", "5"}}});
}

SessionSlot* Server::find(const hub::Session& session) {
  return fanout_.is_open(session) ? &slots_[session.slot] : nullptr;
}

void Server::on_ready(std::uint32_t number, net::ClientSockets::Ready ready) {
  SessionSlot& slot = slots_[number];
  const hub::Session session = slot.session;
  if (ready.writable && fanout_.blocked(number)) {
    fanout_.on_writable(number);
    slot.life.on_progress(loop_.now(), settings_);
    proceed(slot);
  }
  if (!fanout_.is_open(session) || !(ready.readable || ready.hung_up)) return;
  slot.hung_up |= ready.hung_up;
  read(slot);
}

void Server::on_turn_end() { fanout_.flush(); }

void Server::on_broken(std::uint32_t number) { remove(slots_[number]); }

void Server::on_behind(const hub::FollowerName& name, const hub::Joint& joint) {
  control_.on_behind({loop_number_, name}, joint);
}

void Server::on_drained(const hub::FollowerName& name, std::size_t bytes) {
  control_.on_drained({loop_number_, name}, bytes);
}

// Is there room for what it would say next?
bool Server::reads(const SessionSlot& slot) const {
  switch (slot.state) {
    case State::http:
      return !slot.http->answering;
    case State::open:
      return fanout_.backlog_bytes(slot.session.slot) <= settings_.backlog_bytes_max &&
             (!slot.inbox || slot.inbox->bytes <= settings_.waiting_bytes_max);
    case State::streaming:
    case State::closing:
    case State::parting:
      return true;
    case State::free:
      break;
  }
  return false;
}

// One buffer a turn: who floods us must not keep the loop from what others are to be sent.
void Server::read(SessionSlot& slot) {
  const hub::Session session = slot.session;
  if (std::exchange(slot.paused, !reads(slot)) != slot.paused && slot.paused && slot.state == State::open) {
    const bool waits = slot.inbox && slot.inbox->bytes > settings_.waiting_bytes_max;
    strike(waits ? Limit::waiting_bytes : Limit::backlog_bytes);
  }
  if (slot.paused) return;
  const net::Transfer transfer = sockets_.receive(slot.socket, buffer_);
  switch (transfer.state) {
    case net::Transfer::State::would_block:
      return;
    case net::Transfer::State::end:
      return on_input_end(slot);
    case net::Transfer::State::failed:
      return remove(slot);
    case net::Transfer::State::done:
      break;
  }
  consume(slot, std::span(buffer_).first(transfer.bytes));
  if (!fanout_.is_open(session)) return;
  if (transfer.bytes < buffer_.size()) return slot.hung_up ? read(slot) : void();  // its end stands right behind
  if (again_.empty()) {
    loop_.post([this] {
      for (const hub::Session& each : std::exchange(again_, {}))
        if (SessionSlot* found = find(each)) read(*found);
      on_turn_end();
    });
  }
  again_.push_back(session);
}

void Server::consume(SessionSlot& slot, std::span<char> bytes) {
  switch (slot.state) {
    case State::http:
      return consume_http(slot, bytes);
    case State::open:
    case State::closing:
      return consume_frames(slot, bytes);
    case State::streaming:
    case State::parting:
    case State::free:
      return;
  }
}

// The client will send no more. To a request that is being answered it still listens, perhaps; a WebSocket is lost.
void Server::on_input_end(SessionSlot& slot) {
  if (slot.state == State::http && slot.http->answering) {
    slot.http->ended = true;
    return;
  }
  if (slot.state == State::parting && unsaid(slot)) {
    slot.heard_end = true;
  } else if (slot.state == State::http && unsaid(slot)) {
    slot.heard_end = true;
    part(slot);
  } else {
    remove(slot);
  }
}

// Did its socket not take all of it yet? Where nothing waits here, it may still hold some itself.
bool Server::unsaid(const SessionSlot& slot) const {
  return fanout_.backlog_bytes(slot.session.slot) > 0 || fanout_.blocked(slot.session.slot);
}

// Everything is said: when the backlog has left, our side is shut, and the peer has time to hear it before the close
// would cut it off (RFC 9112, 9.6).
void Server::part(SessionSlot& slot) {
  slot.state = State::parting;
  slot.heard_end |= slot.http && slot.http->ended;
  slot.http.reset();
  arm(slot, settings_.close_timeout);
  proceed(slot);
}

// Something that held it back may be over: the backlog, or a command that waited.
void Server::proceed(SessionSlot& slot) {
  const hub::Session session = slot.session;
  if (slot.state == State::parting && !slot.shut && !unsaid(slot)) {
    if (slot.heard_end) return remove(slot);
    slot.shut = true;
    sockets_.shutdown_write(slot.socket);
  }
  if (slot.state == State::open) work_off(slot);
  if (fanout_.is_open(session) && slot.paused) read(slot);
}

void Server::remove(SessionSlot& slot) {
  if (slot.state == State::open) end_talk(slot, CountedClose::lost);
  end_stream(slot);
  const bool downloads = slot.http && slot.http->download != HttpPhase::Download::none;
  if (downloads) control_.end_download(follower(slot, 0));
  const bool unfinished = downloads && slot.http->download == HttpPhase::Download::begun;
  deadlines_.disarm(slot.session.slot);
  fanout_.close(slot.session.slot);
  if (unfinished) {
    sockets_.reset(slot.socket);
  } else {
    sockets_.remove(slot.socket);
  }
  addresses_.leave(slot.address);
  free_.push_back(slot.session.slot);
  slot = SessionSlot{};
  metrics_.connections.add(-1);
  load_.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace api
