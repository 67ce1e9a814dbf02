#include "os.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace bench {

void die(std::string_view what) {
  std::fprintf(stderr, "%.*s: %s\n", static_cast<int>(what.size()), what.data(), std::strerror(errno));
  std::exit(1);
}

int must(int result, std::string_view what) {
  if (result < 0) die(what);
  return result;
}

int64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * int64_t{1'000'000'000} + now.tv_nsec;
}

void raise_descriptor_limit() {
  rlimit limit{};
  must(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
  limit.rlim_cur = limit.rlim_max;
  must(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
}

namespace {

sockaddr_un unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

}  // namespace

int listen_tcp(uint16_t port) {
  int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  must(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), "bind");
  must(listen(fd, 4096), "listen");
  return fd;
}

int listen_unix(const std::string& path) {
  unlink(path.c_str());
  int fd = must(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
  sockaddr_un address = unix_address(path);
  must(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), "bind " + path);
  must(listen(fd, 4096), "listen");
  return fd;
}

int connect_unix(const std::string& path) {
  int fd = must(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  sockaddr_un address = unix_address(path);
  must(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), "connect " + path);
  set_nonblocking(fd);
  return fd;
}

int accept_one(int listener) {
  int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0 && errno != EAGAIN && errno != ECONNABORTED) die("accept");
  if (fd >= 0) {
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // a unix socket refuses it, and needs none
  }
  return fd;
}

void set_nonblocking(int fd) { must(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK), "fcntl"); }

int64_t receive_some(int fd, std::span<char> into) {
  ssize_t count = recv(fd, into.data(), into.size(), MSG_DONTWAIT);
  if (count >= 0) return count;
  return errno == EAGAIN || errno == EINTR ? -1 : 0;
}

int64_t send_some(int fd, std::string_view bytes) {
  ssize_t count = send(fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (count >= 0) return count;
  return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

Poll::Poll() : fd_(must(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {}

void Poll::add(int fd, uint32_t events, uint64_t tag) {
  epoll_event event{.events = events, .data = {.u64 = tag}};
  must(epoll_ctl(fd_, EPOLL_CTL_ADD, fd, &event), "epoll_ctl add");
}

void Poll::change(int fd, uint32_t events, uint64_t tag) {
  epoll_event event{.events = events, .data = {.u64 = tag}};
  must(epoll_ctl(fd_, EPOLL_CTL_MOD, fd, &event), "epoll_ctl change");
}

std::span<epoll_event> Poll::wait(int timeout_ms) {
  int count = epoll_wait(fd_, events_.data(), static_cast<int>(events_.size()), timeout_ms);
  if (count < 0 && errno != EINTR) die("epoll_wait");
  return {events_.data(), static_cast<size_t>(std::max(count, 0))};
}

Options::Options(int count, char** words) {
  for (int at = 1; at < count; ++at) {
    std::string name = words[at];
    if (!name.starts_with("--")) {
      std::fprintf(stderr, "unexpected argument: %s\n", name.c_str());
      std::exit(2);
    }
    bool has_value = at + 1 < count && !std::string_view(words[at + 1]).starts_with("--");
    values_[name.substr(2)] = has_value ? words[++at] : "";
  }
}

std::string Options::text(const std::string& name, std::string_view fallback) const {
  auto found = values_.find(name);
  return found == values_.end() ? std::string(fallback) : found->second;
}

std::string Options::required(const std::string& name) const {
  auto found = values_.find(name);
  if (found != values_.end()) return found->second;
  std::fprintf(stderr, "--%s is missing\n", name.c_str());
  std::exit(2);
}

int64_t Options::number(const std::string& name, int64_t fallback) const {
  auto found = values_.find(name);
  return found == values_.end() ? fallback : std::strtoll(found->second.c_str(), nullptr, 10);
}

}  // namespace bench
