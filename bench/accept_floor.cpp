// The floor of handshakes: a bare epoll loop that accepts, answers the upgrade and waits for the client to go. With a
// certificate it is a bare OpenSSL accept loop.
//
//     bench_accept_floor --port P [--cert FILE --key FILE]
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "handshake.hpp"
#include "os.hpp"
#include "tls.hpp"

namespace bench {
namespace {

struct Connection {
  Tls ssl;
  std::string request;
};

class AcceptFloor {
 public:
  explicit AcceptFloor(const Options& options)
      : listener_(listen_tcp(static_cast<uint16_t>(options.number("port", 0)))) {
    if (!options.text("cert", "").empty()) {
      context_ = SSL_CTX_new(TLS_server_method());
      SSL_CTX_set_mode(context_, SSL_MODE_RELEASE_BUFFERS);
      if (SSL_CTX_use_certificate_chain_file(context_, options.required("cert").c_str()) != 1 ||
          SSL_CTX_use_PrivateKey_file(context_, options.required("key").c_str(), SSL_FILETYPE_PEM) != 1)
        die("the certificate");
    }
    poll_.add(listener_, EPOLLIN, static_cast<uint64_t>(listener_));
  }

  [[noreturn]] void run() {
    for (;;) {
      for (const epoll_event& event : poll_.wait(-1)) {
        const int fd = static_cast<int>(event.data.u64);
        if (fd == listener_)
          accept_all();
        else
          read(fd);
      }
    }
  }

 private:
  void accept_all() {
    for (int fd = accept_one(listener_); fd >= 0; fd = accept_one(listener_)) {
      if (static_cast<size_t>(fd) >= connections_.size()) connections_.resize(static_cast<size_t>(fd) + 1);
      Connection& connection = connections_[static_cast<size_t>(fd)] = {};
      if (context_ != nullptr) {
        connection.ssl.reset(SSL_new(context_));
        SSL_set_fd(connection.ssl.get(), fd);
        SSL_set_accept_state(connection.ssl.get());
      }
      poll_.add(fd, EPOLLIN, static_cast<uint64_t>(fd));
    }
  }

  void read(int fd) {
    Connection& connection = connections_[static_cast<size_t>(fd)];
    char buffer[4096];
    for (;;) {
      const int64_t count = connection.ssl ? receive_some(*connection.ssl, buffer) : receive_some(fd, buffer);
      if (count < 0) return;
      if (count == 0) {
        connection = {};
        close(fd);
        return;
      }
      connection.request.append(buffer, static_cast<size_t>(count));
      if (connection.request.ends_with("\r\n\r\n")) answer(fd, connection);
      if (!connection.ssl) return;
    }
  }

  static void answer(int fd, Connection& connection) {
    const std::string text = upgrade_answer(std::exchange(connection.request, {}));
    if (connection.ssl)
      SSL_write(connection.ssl.get(), text.data(), static_cast<int>(text.size()));
    else
      send_some(fd, text);
  }

  int listener_;
  SSL_CTX* context_ = nullptr;
  std::vector<Connection> connections_;  // by descriptor
  Poll poll_;
};

}  // namespace
}  // namespace bench

int main(int count, char** words) {
  std::signal(SIGPIPE, SIG_IGN);
  bench::raise_descriptor_limit();
  auto floor = std::make_unique<bench::AcceptFloor>(bench::Options(count, words));
  floor->run();
}
