#include "net/epoll_sockets.hpp"

#include <limits.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/check.hpp"

namespace net {

namespace {

constexpr std::uint32_t gone = 0;  // events of one that was removed within its batch

std::uint64_t pack(std::uint32_t tag, int socket) {
  return std::uint64_t{tag} << 32 | static_cast<std::uint32_t>(socket);
}
int socket_of(const epoll_event& event) { return static_cast<int>(static_cast<std::uint32_t>(event.data.u64)); }
std::uint32_t tag_of(const epoll_event& event) { return static_cast<std::uint32_t>(event.data.u64 >> 32); }

Transfer failed(int number) {
  if (number == EAGAIN || number == EWOULDBLOCK) return {Transfer::State::would_block, 0};
  return {Transfer::State::failed, 0};
}

}  // namespace

EpollSockets::EpollSockets(AsioLoop& loop)
    : set_(loop, ::epoll_create1(EPOLL_CLOEXEC), [this](Direction) { on_ready(); }) {
  CHECK(set_.number() >= 0);
  set_.wait(Direction::read);
}

EpollSockets::~EpollSockets() = default;

int EpollSockets::add(Socket socket, std::uint32_t tag) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = pack(tag, socket.number());
  CHECK(::epoll_ctl(set_.number(), EPOLL_CTL_ADD, socket.number(), &event) == 0);
  return socket.release();
}

Transfer EpollSockets::receive(int socket, std::span<char> into) {
  for (;;) {
    const ssize_t received = ::recv(socket, into.data(), into.size(), MSG_DONTWAIT);
    if (received > 0) return {Transfer::State::done, static_cast<std::size_t>(received)};
    if (received == 0) return {Transfer::State::end, 0};
    if (errno != EINTR) return failed(errno);
  }
}

Transfer EpollSockets::send(int socket, std::span<const iovec> from) {
  for (;;) {
    ssize_t sent = 0;
    if (from.size() == 1) {
      sent = ::send(socket, from[0].iov_base, from[0].iov_len, MSG_NOSIGNAL | MSG_DONTWAIT);
    } else {
      msghdr message{};
      message.msg_iov = const_cast<iovec*>(from.data());
      message.msg_iovlen = std::min<std::size_t>(from.size(), IOV_MAX);
      sent = ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    if (sent >= 0) return {Transfer::State::done, static_cast<std::size_t>(sent)};
    if (errno != EINTR) return failed(errno);
  }
}

void EpollSockets::shutdown_write(int socket) { ::shutdown(socket, SHUT_WR); }

// Its number may be given to a newcomer before the batch is told to the end: what stands there for it is struck out.
void EpollSockets::remove(int socket) {
  for (std::size_t i = at_; i < end_; ++i) {
    if (socket_of(batch_[i]) == socket) batch_[i].events = gone;
  }
  ::epoll_ctl(set_.number(), EPOLL_CTL_DEL, socket, nullptr);
  ::close(socket);
}

void EpollSockets::reset(int socket) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};  // a close that does not wait is a reset
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  remove(socket);
}

void EpollSockets::on_ready() {
  const int count = ::epoll_wait(set_.number(), batch_.data(), static_cast<int>(batch_.size()), 0);
  end_ = count < 0 ? 0 : static_cast<std::size_t>(count);
  for (at_ = 0; at_ < end_;) {
    const epoll_event& event = batch_[at_++];
    if (event.events == gone) continue;
    const bool hung_up = (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    owner_->on_ready(tag_of(event), {.readable = hung_up || (event.events & EPOLLIN) != 0,
                                     .writable = (event.events & EPOLLOUT) != 0,
                                     .hung_up = hung_up});
  }
  end_ = 0;
  if (count > 0) owner_->on_turn_end();
  set_.wait(Direction::read);
}

}  // namespace net
