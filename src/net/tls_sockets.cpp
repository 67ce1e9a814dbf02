#include "net/tls_sockets.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "net/openssl.hpp"

namespace net {

namespace {

using State = Transfer::State;

constexpr std::size_t record_bytes_max = SSL3_RT_MAX_PLAIN_LENGTH;  // 16 KiB (RFC 8446, 5.1)
constexpr int drains_max = 16;                                      // of what a client says that was told to use https

// HTTP allows that no length is said where the connection closes behind it (RFC 9112, 6.3).
constexpr std::string_view use_https =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"
    "This port speaks TLS only: use https:// or wss://.\n";

}  // namespace

//   handshake ──────▶ open ──▶ broken: nothing goes any more, the owner is told to remove it
//       ├──an HTTP request──▶ plain ──▶ ┘
//       └─────────────────────────────▶ ┘
struct TlsSockets::Connection {
  enum class Phase : std::uint8_t { handshake, open, plain, broken };

  int socket = -1;
  std::uint32_t tag = 0;
  Phase phase = Phase::handshake;
  bool queued = false;   // stands in waiting_
  bool again = false;    // stands in again_
  bool dry = false;      // what was received last was less than there was room for: nothing is there until it is told
  bool hung_up = false;  // was told
  bool shut = false;     // our side ends when `unsent` has left
  Ssl ssl;               // from its first bytes on
  std::unique_ptr<std::string> unsent;  // exists only while something waits
};

TlsSockets::TlsSockets(Loop& loop, ClientSockets& below, OnHandshake on_handshake)
    : loop_(loop), below_(below), on_handshake_(std::move(on_handshake)), bio_(make_bio(*this)) {
  below_.set_owner(*this);
}

TlsSockets::~TlsSockets() = default;

TlsSockets::Connection* TlsSockets::find(int socket) const {
  const auto index = static_cast<std::size_t>(socket);
  return index < connections_.size() ? connections_[index].get() : nullptr;
}

// Every call of OpenSSL is made with what this returns, for all SSLs share one way to the wire.
ssl_st* TlsSockets::ssl(Connection& connection) {
  current_ = &connection;
  ended = false;
  ERR_clear_error();
  return connection.ssl.get();
}

int TlsSockets::add(Socket socket, std::uint32_t tag) {
  const int number = socket.number();
  const auto index = static_cast<std::size_t>(number);
  if (index >= connections_.size()) connections_.resize(index + 1);
  CHECK(connections_[index] == nullptr);
  auto connection = std::make_unique<Connection>();
  connection->socket = number;
  connection->tag = tag;
  connections_[index] = std::move(connection);
  return below_.add(std::move(socket), static_cast<std::uint32_t>(number));
}

void TlsSockets::remove(int socket) {
  const auto connection = std::move(connections_[static_cast<std::size_t>(socket)]);
  if (connection->phase == Connection::Phase::handshake) on_handshake_(Handshake::abandoned);
  below_.remove(socket);
}

void TlsSockets::reset(int socket) {
  const auto connection = std::move(connections_[static_cast<std::size_t>(socket)]);
  if (connection->phase == Connection::Phase::handshake) on_handshake_(Handshake::abandoned);
  below_.reset(socket);
}

void TlsSockets::on_ready(std::uint32_t socket, Ready ready) {
  Connection& connection = *find(static_cast<int>(socket));
  if (ready.readable) connection.dry = false;
  connection.hung_up |= ready.hung_up;
  if (ready.writable && connection.unsent && !flush(connection)) return fail(connection);
  switch (connection.phase) {
    case Connection::Phase::handshake:
      if (ready.readable && !std::exchange(connection.queued, true)) waiting_.push_back(connection.socket);
      return;
    case Connection::Phase::plain:
      return drain(connection);
    case Connection::Phase::open:
    case Connection::Phase::broken:
      ready.writable &= connection.unsent == nullptr;
      return owner_->on_ready(connection.tag, ready);
  }
}

void TlsSockets::on_turn_end() {
  shake_hands();
  owner_->on_turn_end();
}

void TlsSockets::shake_hands() {
  for (std::size_t steps = 0; steps < handshakes_per_turn && !waiting_.empty();) {
    Connection* connection = find(waiting_.front());
    waiting_.pop_front();
    if (connection == nullptr || !std::exchange(connection->queued, false)) continue;
    step(*connection);
    ++steps;
  }
  if (waiting_.empty() || std::exchange(shaking_, true)) return;
  loop_.post([this] {
    shaking_ = false;
    on_turn_end();
  });
}

// May end with the connection removed by its owner.
void TlsSockets::step(Connection& connection) {
  if (!connection.ssl) {
    CHECK(context_ != nullptr);
    connection.ssl.reset(SSL_new(context_.get()));
    CHECK(connection.ssl != nullptr);
    speak_through(*connection.ssl, *bio_);
    SSL_set_accept_state(connection.ssl.get());
  }
  const int result = SSL_do_handshake(ssl(connection));
  if (result == 1) {
    connection.phase = Connection::Phase::open;
    on_handshake_(SSL_session_reused(connection.ssl.get()) == 1 ? Handshake::resumed : Handshake::done);
    const Ready ready{.readable = true, .writable = connection.unsent == nullptr, .hung_up = connection.hung_up};
    return owner_->on_ready(connection.tag, ready);
  }
  if (SSL_get_error(connection.ssl.get(), result) == SSL_ERROR_WANT_READ) return;
  const unsigned long why = ERR_peek_error();
  if (ERR_GET_LIB(why) == ERR_LIB_SSL && ERR_GET_REASON(why) == SSL_R_HTTP_REQUEST) return refuse_plain(connection);
  on_handshake_(ended ? Handshake::abandoned : Handshake::failed);
  fail(connection);
}

// What it says further is received and thrown away until it leaves, or a close would cut off what it was told.
void TlsSockets::refuse_plain(Connection& connection) {
  on_handshake_(Handshake::plain);
  connection.phase = Connection::Phase::plain;
  const iovec part{const_cast<char*>(use_https.data()), use_https.size()};
  below_.send(connection.socket, {&part, 1});
  below_.shutdown_write(connection.socket);
  drain(connection);
}

void TlsSockets::drain(Connection& connection) {
  record_.resize(record_bytes_max);
  for (int round = 0; round < drains_max; ++round) {
    const Transfer transfer = below_.receive(connection.socket, record_);
    if (transfer.state == State::would_block) return;
    if (transfer.state != State::done) break;
  }
  fail(connection);
}

// The last touch of the connection: its owner may remove it in on_ready.
void TlsSockets::fail(Connection& connection) {
  connection.phase = Connection::Phase::broken;
  owner_->on_ready(connection.tag, {.readable = true, .writable = false, .hung_up = true});
}

Transfer TlsSockets::receive(int socket, std::span<char> into) {
  Connection& connection = *find(socket);
  if (connection.phase == Connection::Phase::broken) return {State::failed, 0};
  if (connection.phase != Connection::Phase::open) return {State::would_block, 0};
  std::size_t received = 0;
  while (received < into.size()) {
    std::size_t bytes = 0;
    const int result = SSL_read_ex(ssl(connection), into.data() + received, into.size() - received, &bytes);
    received += bytes;
    if (result == 1) continue;
    const int why = SSL_get_error(connection.ssl.get(), result);
    if (why == SSL_ERROR_WANT_READ) return {received > 0 ? State::done : State::would_block, received};
    if (why != SSL_ERROR_ZERO_RETURN) connection.phase = Connection::Phase::broken;
    if (received > 0) {  // after less than there is room for nobody would ask again
      tell_again(connection);
      break;
    }
    return {why == SSL_ERROR_ZERO_RETURN ? State::end : State::failed, 0};
  }
  return {State::done, received};
}

void TlsSockets::tell_again(Connection& connection) {
  if (std::exchange(connection.again, true)) return;
  again_.push_back(connection.socket);
  if (again_.size() > 1) return;
  loop_.post([this] {
    for (const int socket : std::exchange(again_, {})) {
      Connection* found = find(socket);
      if (found == nullptr || !std::exchange(found->again, false)) continue;
      owner_->on_ready(found->tag, {.readable = true, .writable = false, .hung_up = true});
    }
    on_turn_end();
  });
}

// Of the parts from `offset` of the first on: as they lie, where the first fills a record or is the last, else
// gathered.
std::string_view TlsSockets::next_record(std::span<const iovec>& from, std::size_t& offset) {
  record_.clear();
  while (!from.empty()) {
    const std::string_view all(static_cast<const char*>(from[0].iov_base), from[0].iov_len);
    const std::string_view part = all.substr(offset, record_bytes_max - record_.size());
    offset += part.size();
    if (offset == all.size()) {
      from = from.subspan(1);
      offset = 0;
    }
    if (record_.empty() && (part.size() == record_bytes_max || from.empty())) return part;
    record_ += part;
    if (record_.size() == record_bytes_max) break;
  }
  return record_;
}

Transfer TlsSockets::send(int socket, std::span<const iovec> from) {
  Connection& connection = *find(socket);
  if (connection.phase == Connection::Phase::broken) return {State::failed, 0};
  if (connection.phase != Connection::Phase::open || connection.unsent) return {State::would_block, 0};
  std::size_t taken = 0, offset = 0;
  for (;;) {
    const std::string_view record = next_record(from, offset);
    if (record.empty()) return {State::done, taken};
    std::size_t bytes = 0;
    if (SSL_write_ex(ssl(connection), record.data(), record.size(), &bytes) != 1) {
      connection.phase = Connection::Phase::broken;
      return {State::failed, 0};
    }
    CHECK(bytes == record.size());
    taken += bytes;
    if (connection.unsent) return {State::would_block, taken};
  }
}

void TlsSockets::shutdown_write(int socket) {
  Connection& connection = *find(socket);
  if (connection.phase == Connection::Phase::open) SSL_shutdown(ssl(connection));
  connection.shut = true;
  if (!connection.unsent) below_.shutdown_write(socket);
}

// False: the socket below failed.
bool TlsSockets::flush(Connection& connection) {
  std::string& unsent = *connection.unsent;
  const iovec part{unsent.data(), unsent.size()};
  const Transfer transfer = below_.send(connection.socket, {&part, 1});
  if (transfer.state == State::failed) return false;
  unsent.erase(0, transfer.bytes);
  if (!unsent.empty()) return true;
  connection.unsent.reset();
  if (connection.shut) below_.shutdown_write(connection.socket);
  return true;
}

Transfer TlsSockets::read_wire(std::span<char> into) {
  if (current_->dry) return {State::would_block, 0};
  const Transfer transfer = below_.receive(current_->socket, into);
  const bool empty = transfer.state == State::would_block || transfer.bytes < into.size();
  current_->dry = empty && !current_->hung_up;  // an end behind the bytes would not be told again
  return transfer;
}

// Takes everything, so that OpenSSL never waits in the middle of a record.
Transfer TlsSockets::write_wire(std::string_view bytes) {
  std::size_t sent = 0;
  if (!current_->unsent) {
    const iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    const Transfer transfer = below_.send(current_->socket, {&part, 1});
    if (transfer.state == State::failed) return transfer;
    sent = transfer.bytes;
    if (sent == bytes.size()) return {State::done, sent};
    current_->unsent = std::make_unique<std::string>();
  }
  if (current_->unsent->size() + bytes.size() - sent > unsent_bytes_max) return {State::failed, 0};
  current_->unsent->append(bytes.substr(sent));
  return {State::done, bytes.size()};
}

}  // namespace net
