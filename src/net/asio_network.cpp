#include "net/asio_network.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

#include "net/asio_stream.hpp"
#include "net/signal.hpp"
#include "net/socket_address.hpp"

namespace net {

namespace {

using namespace std::chrono_literals;

base::Fault fault_of(int number) {
  switch (number) {
    case ECONNREFUSED:
    case ENOENT:  // no such socket file
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
    case EADDRNOTAVAIL:
      return base::Fault::refused;
    case EACCES:
    case EPERM:
      return base::Fault::forbidden;
    case ETIMEDOUT:
      return base::Fault::timed_out;
    default:
      return base::Fault::unavailable;
  }
}

void set(int descriptor, int level, int option, int value) {
  ::setsockopt(descriptor, level, option, &value, sizeof value);
}

void watch_peer(int descriptor) {
  const auto limit = static_cast<int>(AsioNetwork::silence_max / 1s);
  set(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, limit / 2);
  set(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, limit / 4);
  set(descriptor, IPPROTO_TCP, TCP_KEEPCNT, 2);
  set(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, limit * 1000);
}

Task<int> wait_connected(AsioLoop& loop, Socket& socket) {
  Signal ready(loop);
  Descriptor descriptor(loop, socket.release(), [&ready](Direction) { ready.notify(); });
  descriptor.wait(Direction::write);
  co_await ready.wait();
  int number = 0;
  socklen_t length = sizeof number;
  ::getsockopt(descriptor.number(), SOL_SOCKET, SO_ERROR, &number, &length);
  socket = descriptor.release();
  co_return number;
}

// The number of the error; 0 and the connected socket.
Task<int> connect(AsioLoop& loop, const SocketAddress& address, Socket& socket) {
  for (int tries = 0;; ++tries) {
    socket = owned_descriptor(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (socket.number() < 0) co_return errno;
    if (address.family() != AF_UNIX) watch_peer(socket.number());
    if (::connect(socket.number(), address.get(), address.length) == 0) co_return 0;
    const int number = errno;
    if (number == EINPROGRESS) {
      co_return co_await wait_connected(loop, socket);
    }
    // A unix socket says so when its listener has too many waiting; there is nothing to wait for but time.
    if (number != EAGAIN || tries == 100) co_return number;
    co_await loop.sleep(10ms);
  }
}

}  // namespace

Task<base::Result<std::unique_ptr<Stream>>> AsioNetwork::dial(Endpoint endpoint) {
  const auto addresses = co_await addresses_of(loop_, endpoint);
  if (!addresses) co_return addresses.error();
  int number = 0;
  for (const SocketAddress& address : *addresses) {
    Socket socket;
    number = co_await connect(loop_, address, socket);
    if (number != 0) continue;
    if (!endpoint.tls) co_return adopt(std::move(socket));
    co_return co_await tls_.secure(std::move(socket), std::move(endpoint));
  }
  co_return base::Error{fault_of(number),
                        "Cannot connect to " + endpoint.to_string() + ": " + std::system_category().message(number)};
}

std::unique_ptr<Stream> AsioNetwork::adopt(Socket socket) {
  return std::make_unique<AsioStream>(loop_, std::move(socket));
}

}  // namespace net
