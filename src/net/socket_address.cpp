#include "net/socket_address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <boost/asio/ip/tcp.hpp>
#include <cstring>

#include "net/signal.hpp"

namespace net {

namespace {

using boost::asio::ip::tcp;

SocketAddress from_asio(const tcp::endpoint& endpoint) {
  SocketAddress address;
  address.length = static_cast<socklen_t>(endpoint.size());
  std::memcpy(&address.storage, endpoint.data(), endpoint.size());
  return address;
}

base::Result<std::vector<SocketAddress>> unix_address(const std::string& path) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.size() >= sizeof name.sun_path) {
    return base::Error{base::Fault::bad_request, "The socket path is longer than the kernel allows: " + path};
  }
  path.copy(name.sun_path, path.size());
  SocketAddress address;
  address.length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  std::memcpy(&address.storage, &name, sizeof name);
  return std::vector{address};
}

// What the resolver says, which may be after nobody waits any more.
struct Answer {
  boost::system::error_code error;
  tcp::resolver::results_type found;
  Signal* asked = nullptr;
};

// Tells the answer that nobody waits, when the asker's frame ends.
struct Asking {
  Answer& answer;
  ~Asking() { answer.asked = nullptr; }
};

}  // namespace

std::uint16_t SocketAddress::port() const {
  if (family() == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(storage).sin_port);
  if (family() == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(storage).sin6_port);
  return 0;
}

PeerAddress SocketAddress::peer() const {
  const auto of = [this](const auto& ip) {
    return PeerAddress({reinterpret_cast<const char*>(&ip), sizeof ip}, port());
  };
  if (family() == AF_INET) return of(reinterpret_cast<const sockaddr_in&>(storage).sin_addr);
  if (family() == AF_INET6) return of(reinterpret_cast<const sockaddr_in6&>(storage).sin6_addr);
  return {};
}

base::Result<std::vector<SocketAddress>> known_addresses(const Endpoint& endpoint) {
  if (!endpoint.path.empty()) return unix_address(endpoint.path);
  std::vector<SocketAddress> addresses;
  if (endpoint.host == "localhost") {
    addresses.push_back(from_asio({boost::asio::ip::address_v4::loopback(), endpoint.port}));
    addresses.push_back(from_asio({boost::asio::ip::address_v6::loopback(), endpoint.port}));
    return addresses;
  }
  boost::system::error_code not_numeric;
  const auto address = boost::asio::ip::make_address(endpoint.host, not_numeric);
  if (!not_numeric) addresses.push_back(from_asio({address, endpoint.port}));
  return addresses;
}

Task<base::Result<std::vector<SocketAddress>>> addresses_of(AsioLoop& loop, Endpoint endpoint) {
  auto known = known_addresses(endpoint);
  if (!known || !known->empty()) co_return known;

  Signal done(loop);
  tcp::resolver resolver(loop.context());
  const auto answer = std::make_shared<Answer>();
  answer->asked = &done;
  const Asking asking{*answer};
  resolver.async_resolve(endpoint.host, std::to_string(endpoint.port), tcp::resolver::numeric_service,
                         [answer](const boost::system::error_code& error, tcp::resolver::results_type found) {
                           answer->error = error;
                           answer->found = std::move(found);
                           if (answer->asked != nullptr) answer->asked->notify();
                         });
  co_await done.wait();
  std::vector<SocketAddress> addresses;
  for (const auto& entry : answer->found) addresses.push_back(from_asio(entry.endpoint()));
  if (!addresses.empty()) co_return addresses;
  co_return base::Error{base::Fault::refused,
                        "The name " + endpoint.host + " has no address: " + answer->error.message()};
}

}  // namespace net
