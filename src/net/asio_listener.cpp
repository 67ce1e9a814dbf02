// The real Listener, and AsioNetwork::listen().
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/log.hpp"
#include "net/asio_network.hpp"
#include "net/descriptor.hpp"
#include "net/socket_address.hpp"

namespace net {

namespace {

using namespace std::chrono_literals;

constexpr int backlog = 4096;
constexpr int accepts_per_turn = 64;  // a storm of newcomers shares the loop with who is here already

class AsioListener final : public Listener {
 public:
  AsioListener(AsioLoop& loop, Socket socket, std::string path, Network::OnAccept on_accept)
      : loop_(loop),
        path_(std::move(path)),
        on_accept_(std::make_shared<Network::OnAccept>(std::move(on_accept))),
        descriptor_(loop, socket.release(), [this](Direction) { accept_some(); }) {
    SocketAddress bound;
    ::getsockname(descriptor_.number(), bound.get(), &bound.length);
    port_ = bound.port();
    open_spare();
    descriptor_.wait(Direction::read);
  }
  ~AsioListener() override {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  std::uint16_t port() const override { return port_; }
  std::uint64_t refused() const override { return refused_; }

 private:
  void open_spare() { spare_ = owned_descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

  void accept_some() {
    const auto on_accept = on_accept_;  // whom we call may be done with us
    for (int i = 0; i < accepts_per_turn; ++i) {
      SocketAddress peer;
      Socket socket =
          owned_descriptor(::accept4(descriptor_.number(), peer.get(), &peer.length, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (socket.number() >= 0) {
        (*on_accept)({std::move(socket), peer.peer()});
        if (on_accept.use_count() == 1) return;
      } else if (errno == EAGAIN) {
        break;
      } else if (errno != ECONNABORTED && errno != EINTR && !refuse_one(errno)) {
        pause_ = loop_.after(100ms, [this] { descriptor_.wait(Direction::read); });
        return;
      }
    }
    descriptor_.wait(Direction::read);
  }

  // Out of descriptors: the one kept for this takes the newcomer, so that he is told at once and the queue moves on.
  bool refuse_one(int number) {
    warn(number);
    if ((number != EMFILE && number != ENFILE) || spare_.number() < 0) {
      open_spare();
      return false;
    }
    spare_ = Socket();
    const bool done = owned_descriptor(::accept4(descriptor_.number(), nullptr, nullptr, SOCK_CLOEXEC)).number() >= 0;
    if (done) ++refused_;
    open_spare();
    return done;
  }

  void warn(int number) {
    if (loop_.now() < quiet_until_) return;
    quiet_until_ = loop_.now() + 5s;
    base::log::warn("connections cannot be accepted",
                    {{"cause", std::system_category().message(number)}, {"refused_so_far", refused_}});
  }

  AsioLoop& loop_;
  std::string path_;
  std::shared_ptr<Network::OnAccept> on_accept_;
  std::uint16_t port_ = 0;
  Socket spare_;
  Timer pause_;
  Instant quiet_until_{};
  std::uint64_t refused_ = 0;
  Descriptor descriptor_;
};

base::Error cannot(const Endpoint& endpoint, int number) {
  const auto fault = number == EACCES || number == EPERM ? base::Fault::forbidden : base::Fault::conflict;
  return {fault, "Cannot listen on " + endpoint.to_string() + ": " + std::system_category().message(number)};
}

// A socket file left behind by a process that is gone: nobody answers there.
void remove_abandoned(const SocketAddress& address, const std::string& path) {
  const Socket probe = owned_descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (::connect(probe.number(), address.get(), address.length) != 0 && errno == ECONNREFUSED) ::unlink(path.c_str());
}

}  // namespace

base::Result<std::unique_ptr<Listener>> AsioNetwork::listen(Endpoint endpoint, OnAccept on_accept) {
  const auto addresses = known_addresses(endpoint);
  if (!addresses) return addresses.error();
  if (addresses->empty()) return cannot(endpoint, EADDRNOTAVAIL);
  const SocketAddress& address = addresses->front();

  Socket socket = owned_descriptor(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.number() < 0) return cannot(endpoint, errno);
  const int on = 1;
  if (endpoint.path.empty()) {
    ::setsockopt(socket.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ::setsockopt(socket.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // inherited by what is accepted
  } else {
    remove_abandoned(address, endpoint.path);
  }
  if (::bind(socket.number(), address.get(), address.length) != 0) return cannot(endpoint, errno);
  if (::listen(socket.number(), backlog) != 0) return cannot(endpoint, errno);
  return std::make_unique<AsioListener>(loop_, std::move(socket), endpoint.path, std::move(on_accept));
}

}  // namespace net
