#include "net/asio_stream.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <system_error>

#include "base/check.hpp"

namespace net {

namespace {

// A stream that is always ready must not keep the loop from the others: of so many operations one waits.
constexpr unsigned tries_per_turn = 32;

base::Error closed(int number) {
  if (number == EBADF) return {base::Fault::closed, "The connection was closed on this side"};
  return {base::Fault::closed, "The connection ended: " + std::system_category().message(number)};
}

bool would_block(int number) { return number == EAGAIN || number == EWOULDBLOCK; }

}  // namespace

AsioStream::AsioStream(AsioLoop& loop, Socket socket)
    : descriptor_(loop, socket.release(), [this](Direction direction) { on_ready(direction); }) {}

void AsioStream::shutdown_write() { ::shutdown(descriptor_.number(), SHUT_WR); }
void AsioStream::close() { descriptor_.close(); }

bool AsioStream::may_try() { return ++tries_ % tries_per_turn != 0; }

void AsioStream::start_read(ReadOperation& operation, std::span<char> into) {
  CHECK(read_ == nullptr && !into.empty());
  read_ = &operation;
  into_ = into;
  if (drained_ || !may_try() || !try_read()) descriptor_.wait(Direction::read);
}

void AsioStream::start_write(WriteOperation& operation, std::string_view from) {
  CHECK(write_ == nullptr);
  write_ = &operation;
  from_ = from;
  if (!may_try() || !try_write()) descriptor_.wait(Direction::write);
}

void AsioStream::on_ready(Direction direction) {
  const bool done = direction == Direction::read ? read_ == nullptr || try_read() : write_ == nullptr || try_write();
  if (!done) descriptor_.wait(direction);
}

// Both complete the operation, after which this may be gone, and say true; or say false: it would block.
bool AsioStream::try_read() {
  for (;;) {
    const ssize_t received = ::recv(descriptor_.number(), into_.data(), into_.size(), MSG_DONTWAIT);
    if (received < 0 && errno == EINTR) continue;
    if (received < 0 && would_block(errno)) return false;
    drained_ = received > 0 && static_cast<std::size_t>(received) < into_.size();
    ReadOperation& operation = *std::exchange(read_, nullptr);
    if (received < 0) {
      operation.complete(closed(errno));
    } else {
      operation.complete(static_cast<std::size_t>(received));
    }
    return true;
  }
}

bool AsioStream::try_write() {
  while (!from_.empty()) {
    const ssize_t sent = ::send(descriptor_.number(), from_.data(), from_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && would_block(errno)) return false;
    if (sent < 0) {
      std::exchange(write_, nullptr)->complete(closed(errno));
      return true;
    }
    from_.remove_prefix(static_cast<std::size_t>(sent));
  }
  std::exchange(write_, nullptr)->complete(base::Result<void>());
  return true;
}

}  // namespace net
