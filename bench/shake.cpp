// Opens WebSockets and goes away again: connect, upgrade, hear the 101, reset, so many times and so many at once.
//
//     bench_shake --port P --count N [--concurrent 64] [--tls]
//
// Prints one JSON line. The answer must be RFC 6455 1.3's own example; every TLS handshake is a full one.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "os.hpp"
#include "tls.hpp"

namespace bench {
namespace {

constexpr int addresses = 8;  // to connect from, for the sake of their ports

struct Attempt {
  int fd = -1;
  Tls ssl;
  bool asked = false;
  std::string answer;
};

class Shake {
 public:
  explicit Shake(const Options& options)
      : port_(static_cast<uint16_t>(options.number("port", 0))),
        count_(options.number("count", 1000)),
        attempts_(static_cast<size_t>(options.number("concurrent", 64))) {
    if (options.flag("tls")) context_ = SSL_CTX_new(TLS_client_method());
    request_ = "GET /ws HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port_) +
               "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: dockcast.v1\r\n\r\n";
  }

  void run() {
    const int64_t start_ns = now_ns();
    for (size_t index = 0; index < attempts_.size() && begun_ < count_; ++index) begin(index);
    while (done_ < count_) {
      const auto events = poll_.wait(10'000);
      if (events.empty()) die("the server does not answer");
      for (const epoll_event& event : events) go_on(event.data.u64);
    }
    const double seconds = static_cast<double>(now_ns() - start_ns) / 1e9;
    std::printf("{\"handshakes\":%lld,\"failed\":%lld,\"seconds\":%.4f}\n", static_cast<long long>(done_ - failed_),
                static_cast<long long>(failed_), seconds);
  }

 private:
  void begin(size_t index) {
    const int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const linger reset{.l_onoff = 1, .l_linger = 0};  // no TIME_WAIT
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {}, .sin_zero = {}};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + static_cast<uint32_t>(begun_ % addresses));
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    must(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), "bind");
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), "connect");
    set_nonblocking(fd);
    Attempt& attempt = attempts_[index] = {};
    attempt.fd = fd;
    ++begun_;
    if (context_ != nullptr) {
      attempt.ssl.reset(SSL_new(context_));
      SSL_set_fd(attempt.ssl.get(), fd);
      SSL_set_connect_state(attempt.ssl.get());
    }
    poll_.add(fd, EPOLLIN, index);
    go_on(index);
  }

  void go_on(size_t index) {
    Attempt& attempt = attempts_[index];
    if (attempt.fd < 0) return;
    if (!attempt.asked) attempt.asked = ask(attempt);
    if (!attempt.asked) return;
    char buffer[4096];
    const int64_t count = attempt.ssl ? receive_some(*attempt.ssl, buffer) : receive_some(attempt.fd, buffer);
    if (count < 0) return;
    attempt.answer.append(buffer, static_cast<size_t>(count));
    const bool whole = attempt.answer.find("\r\n\r\n") != std::string::npos;
    if (count > 0 && !whole) return;
    const bool good = attempt.answer.starts_with("HTTP/1.1 101 ") &&
                      attempt.answer.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != std::string::npos;
    if (!good && failed_++ == 0) std::fprintf(stderr, "%s\n", attempt.answer.c_str());
    close(attempt.fd);
    attempt = {};
    ++done_;
    if (begun_ < count_) begin(index);
  }

  bool ask(Attempt& attempt) {
    if (!attempt.ssl) return send_some(attempt.fd, request_) == static_cast<int64_t>(request_.size());
    const int written = SSL_write(attempt.ssl.get(), request_.data(), static_cast<int>(request_.size()));
    if (written == static_cast<int>(request_.size())) return true;
    const int error = SSL_get_error(attempt.ssl.get(), written);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) die("TLS");
    return false;
  }

  uint16_t port_;
  int64_t count_, begun_ = 0, done_ = 0, failed_ = 0;
  std::vector<Attempt> attempts_;
  SSL_CTX* context_ = nullptr;
  std::string request_;
  Poll poll_;
};

}  // namespace
}  // namespace bench

int main(int count, char** words) {
  std::signal(SIGPIPE, SIG_IGN);
  bench::raise_descriptor_limit();
  bench::Shake(bench::Options(count, words)).run();
}
