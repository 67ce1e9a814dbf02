#include "net/tls_stream.hpp"

#include <sys/socket.h>

#include <cerrno>

#include "base/check.hpp"
#include "net/openssl.hpp"
#include "net/signal.hpp"

namespace net {

namespace {

using State = Transfer::State;

// As of AsioStream: a stream that is always ready must not keep the loop from the others.
constexpr unsigned tries_per_turn = 32;

Transfer transferred(ssize_t bytes) {
  if (bytes >= 0) return {State::done, static_cast<std::size_t>(bytes)};
  return {errno == EAGAIN || errno == EWOULDBLOCK ? State::would_block : State::failed, 0};
}

base::Error closed(std::string why) { return {base::Fault::closed, "The TLS connection ended: " + std::move(why)}; }

}  // namespace

TlsStream::TlsStream(AsioLoop& loop, Socket socket, std::shared_ptr<ssl_st> ssl)
    : loop_(loop),
      ssl_(std::move(ssl)),
      descriptor_(loop, socket.release(), [this](Direction direction) { on_ready(direction); }) {
  speak_through(*ssl_, *make_bio(*this));
}

Task<base::Result<void>> TlsStream::shake_hands() {
  Signal ready(loop_);
  on_shaking_ = [&ready] { ready.notify(); };
  for (;;) {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) break;
    if (SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) {
      co_return base::Error{base::Fault::protocol, openssl_error()};
    }
    descriptor_.wait(Direction::read);
    co_await ready.wait();
  }
  on_shaking_ = {};
  co_return base::Result<void>();
}

void TlsStream::shutdown_write() {
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ::shutdown(descriptor_.number(), SHUT_WR);
}

void TlsStream::close() { descriptor_.close(); }

bool TlsStream::may_try() { return ++tries_ % tries_per_turn != 0; }

void TlsStream::start_read(ReadOperation& operation, std::span<char> into) {
  CHECK(read_ == nullptr && !into.empty());
  read_ = &operation;
  into_ = into;
  // What OpenSSL holds already makes no descriptor ready.
  const bool may = may_try() || SSL_has_pending(ssl_.get()) == 1;
  if (!may || !try_read()) descriptor_.wait(Direction::read);
}

void TlsStream::start_write(WriteOperation& operation, std::string_view from) {
  CHECK(write_ == nullptr);
  write_ = &operation;
  from_ = from;
  if (!may_try() || !try_write()) descriptor_.wait(Direction::write);
}

void TlsStream::on_ready(Direction direction) {
  if (direction == Direction::write && write_ == nullptr && flush() == State::would_block) {
    descriptor_.wait(Direction::write);
  }
  if (on_shaking_) return on_shaking_();
  const bool done = direction == Direction::read ? read_ == nullptr || try_read() : write_ == nullptr || try_write();
  if (!done) descriptor_.wait(direction);
}

// Both complete the operation, after which this may be gone, and say true; or say false: it would block.
bool TlsStream::try_read() {
  std::size_t bytes = 0;
  ERR_clear_error();
  const int result = SSL_read_ex(ssl_.get(), into_.data(), into_.size(), &bytes);
  const int why = result == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl_.get(), result);
  if (why == SSL_ERROR_WANT_READ) return false;
  ReadOperation& operation = *std::exchange(read_, nullptr);
  if (why == SSL_ERROR_NONE || why == SSL_ERROR_ZERO_RETURN) {
    operation.complete(bytes);
  } else {
    operation.complete(closed(openssl_error()));
  }
  return true;
}

bool TlsStream::try_write() {
  for (;;) {
    const State flushed = flush();
    if (flushed == State::would_block) return false;
    const bool over = flushed == State::failed || from_.empty();
    std::size_t bytes = 0;
    ERR_clear_error();
    if (!over && SSL_write_ex(ssl_.get(), from_.data(), from_.size(), &bytes) == 1) {
      from_.remove_prefix(bytes);  // a record of it
      continue;
    }
    WriteOperation& operation = *std::exchange(write_, nullptr);
    if (over && flushed == State::done) {
      operation.complete(base::Result<void>());
    } else {
      operation.complete(closed(openssl_error()));
    }
    return true;
  }
}

State TlsStream::flush() {
  if (unsent_.empty()) return State::done;
  const Transfer transfer =
      transferred(::send(descriptor_.number(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
  if (transfer.state != State::done) return transfer.state;
  unsent_.erase(0, transfer.bytes);
  return unsent_.empty() ? State::done : State::would_block;
}

Transfer TlsStream::read_wire(std::span<char> into) {
  const Transfer transfer = transferred(::recv(descriptor_.number(), into.data(), into.size(), MSG_DONTWAIT));
  return transfer.state == State::done && transfer.bytes == 0 ? Transfer{State::end, 0} : transfer;
}

// Takes everything, so that OpenSSL never waits in the middle of a record.
Transfer TlsStream::write_wire(std::string_view bytes) {
  if (unsent_.size() + bytes.size() > unsent_bytes_max) return {State::failed, 0};
  unsent_ += bytes;
  switch (flush()) {
    case State::done:
      break;
    case State::would_block:
      descriptor_.wait(Direction::write);
      break;
    case State::end:
    case State::failed:
      return {State::failed, 0};
  }
  return {State::done, bytes.size()};
}

}  // namespace net
