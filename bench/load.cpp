// The load generator: opens WebSocket connections, reads everything that comes and checks every line of it.
//
//     bench_load --port P --path /ws/containers/{id}/logs?tail=0 [--subprotocol S] [--first TEXT] [--channels C]
//                [--from N] [--begin L] [--tls]
//     bench_load --engine SOCKET --path /containers/{id}/logs?follow=1...     reads a Docker Engine itself, and plainly
//
// Connection i follows channel N + i mod C, whose next line is its Lth; {id} is that channel's container. Commands come
// on stdin, one JSON line answers each, and the end of stdin ends the program:
//     connect N               until N connections are open in all and each has been told `subscribed`
//     collect LINES SECONDS   says "collecting", waits until every connection has LINES more lines, then says what it
//     saw
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "follower.hpp"
#include "line.hpp"
#include "os.hpp"
#include "tls.hpp"

namespace bench {
namespace {

constexpr size_t opening_max = 64;      // handshakes at a time: fewer than any listen queue holds
constexpr size_t per_address = 10'000;  // connections from one source address, for the sake of its ports
constexpr int64_t connect_deadline_ns = 120'000'000'000;
constexpr int64_t surplus_ns = 200'000'000;  // how long to look for lines that should not come
constexpr uint64_t stdin_tag = ~uint64_t{0};

struct Connection {
  enum class State { upgrading, subscribing, live, gone } state = State::upgrading;
  int fd = -1;
  Follower follower;
  Tls ssl = {};
  std::string rest;  // the beginning of a frame
};

class Load {
 public:
  explicit Load(const Options& options)
      : port_(static_cast<uint16_t>(options.number("port", 0))),
        engine_(options.text("engine", "")),
        path_(options.required("path")),
        subprotocol_(options.text("subprotocol", "")),
        first_(options.text("first", "")),
        channels_(static_cast<uint32_t>(options.number("channels", 1))),
        from_(static_cast<uint32_t>(options.number("from", 0))),
        target_(static_cast<uint32_t>(options.number("begin", 0))),
        tls_(options.flag("tls") ? SSL_CTX_new(TLS_client_method()) : nullptr) {
    poll_.add(STDIN_FILENO, EPOLLIN, stdin_tag);
  }

  [[noreturn]] void run() {
    for (;;) {
      for (const epoll_event& event : poll_.wait(deadline_ns_ > 0 ? 20 : -1)) {
        if (event.data.u64 == stdin_tag)
          read_command();
        else
          read_connection(connections_[event.data.u64]);
      }
      if (deadline_ns_ > 0) look_around();
    }
  }

 private:
  enum class Doing { nothing, connecting, collecting };

  void read_command() {
    char text[256];
    ssize_t count = read(STDIN_FILENO, text, sizeof text - 1);
    if (count <= 0) std::exit(0);
    text[count] = 0;
    uint32_t lines = 0;
    double seconds = 0;
    start_ns_ = now_ns();
    if (std::sscanf(text, "connect %zu", &wanted_) == 1) {
      doing_ = Doing::connecting;
      deadline_ns_ = start_ns_ + connect_deadline_ns;
    } else if (std::sscanf(text, "collect %" SCNu32 " %lf", &lines, &seconds) == 2) {
      doing_ = Doing::collecting;
      deadline_ns_ = start_ns_ + static_cast<int64_t>(seconds * 1e9);
      target_ += lines;
      incomplete_ = connections_.size();
      complete_ = false;
      tally_ = {};
      say("\"collecting\"");
    } else {
      die("command");
    }
  }

  void look_around() {
    if (doing_ == Doing::connecting) {
      while (connections_.size() < wanted_ && opening_ < opening_max) open_connection();
      bool late = now_ns() > deadline_ns_;
      if (opening_ == 0 || late) report_connections();
    } else if (doing_ == Doing::collecting) {
      if (incomplete_ == 0 && !std::exchange(complete_, true)) deadline_ns_ = now_ns() + surplus_ns;
      if (now_ns() > deadline_ns_) report_lines();
    }
  }

  void open_connection() {
    size_t index = connections_.size();
    uint32_t channel = from_ + static_cast<uint32_t>(index) % channels_;
    std::string path = path_;
    if (size_t at = path.find("{id}"); at != std::string::npos) path.replace(at, 4, container_id(channel));
    int fd = engine_.empty() ? connect_tcp(index) : connect_unix(engine_);
    connections_.push_back({.fd = fd, .follower = Follower(channel, target_), .rest = {}});
    if (tls_ != nullptr) shake_hands(connections_.back());
    set_nonblocking(fd);
    give(connections_.back(), engine_.empty() ? upgrade_request(path) : "GET " + path + " HTTP/1.0\r\n\r\n");
    ++opening_;
    poll_.add(fd, EPOLLIN, index);
  }

  int connect_tcp(size_t index) const {
    int fd = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    linger reset{.l_onoff = 1, .l_linger = 0};  // no TIME_WAIT: the next round needs the ports
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    sockaddr_in source{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {}, .sin_zero = {}};
    source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + static_cast<uint32_t>(index / per_address));
    must(bind(fd, reinterpret_cast<sockaddr*>(&source), sizeof source), "bind");
    sockaddr_in server{.sin_family = AF_INET, .sin_port = htons(port_), .sin_addr = {}, .sin_zero = {}};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    must(connect(fd, reinterpret_cast<sockaddr*>(&server), sizeof server), "connect");
    return fd;
  }

  void shake_hands(Connection& connection) const {
    connection.ssl.reset(SSL_new(tls_));
    SSL_set_fd(connection.ssl.get(), connection.fd);
    if (SSL_connect(connection.ssl.get()) != 1) die("TLS");
  }

  std::string upgrade_request(const std::string& path) const {
    std::string request = "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port_) +
                          "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    if (!subprotocol_.empty()) request += "Sec-WebSocket-Protocol: " + subprotocol_ + "\r\n";
    return request + "\r\n";
  }

  void read_connection(Connection& connection) {
    if (connection.state == Connection::State::gone) return;
    size_t kept = connection.rest.size();
    if (buffer_.size() < kept + read_bytes) buffer_.resize(2 * (kept + read_bytes));
    std::memcpy(buffer_.data(), connection.rest.data(), kept);
    const std::span<char> room = std::span(buffer_).subspan(kept);
    int64_t count = connection.ssl ? receive_some(*connection.ssl, room) : receive_some(connection.fd, room);
    if (count < 0) return;
    if (count == 0) return lose(connection);
    std::string_view bytes(buffer_.data(), kept + static_cast<size_t>(count));
    if (connection.state == Connection::State::upgrading) bytes = take_upgrade(connection, bytes);
    if (connection.state != Connection::State::upgrading) bytes = take_frames(connection, bytes);
    if (connection.state != Connection::State::gone) connection.rest.assign(bytes);
  }

  // What is left of `bytes` after the answer to the handshake, which must be RFC 6455 1.3's own example.
  std::string_view take_upgrade(Connection& connection, std::string_view bytes) {
    size_t end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) return bytes;
    std::string_view head = bytes.substr(0, end);
    bool accepted = head.starts_with("HTTP/1.1 101 ") && head.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != head.npos;
    if (!engine_.empty()) accepted = head.starts_with("HTTP/1.0 200 ") || head.starts_with("HTTP/1.1 200 ");
    if (!accepted) {
      tally_.last_other = bytes.substr(0, 300);
      lose(connection);
      return {};
    }
    connection.state = Connection::State::subscribing;
    if (!first_.empty()) give(connection, masked_text(first_));
    return bytes.substr(end + 4);
  }

  std::string_view take_frames(Connection& connection, std::string_view bytes) {
    if (connection.state == Connection::State::gone) return {};
    Follower& follower = connection.follower;
    bool was_complete = follower.next_sequence() >= target_;
    const int64_t now_us = now_ns() / 1000;
    bytes.remove_prefix(engine_.empty() ? follower.take(bytes, now_us, tally_)
                                        : follower.take_records(bytes, now_us, tally_));
    if (!was_complete && follower.next_sequence() >= target_) --incomplete_;
    if (connection.state == Connection::State::subscribing && (follower.saw_subscribed() || !engine_.empty())) {
      connection.state = Connection::State::live;
      --opening_;
    }
    if (!follower.reply().empty()) give(connection, std::exchange(follower.reply(), {}));
    if (follower.closed()) lose(connection);
    return bytes;
  }

  static std::string masked_text(const std::string& text) {
    std::string frame = "\x81";
    if (text.size() < 126)
      frame += static_cast<char>(0x80 | text.size());
    else
      frame += {'\xfe', static_cast<char>(text.size() >> 8), static_cast<char>(text.size())};
    return frame + std::string(4, '\0') + text;  // masked with zeros
  }

  // Handshakes and pongs are small: a socket that does not take them at once belongs to a server that hangs.
  static void give(Connection& connection, const std::string& bytes) {
    const int64_t given = connection.ssl ? send_some(*connection.ssl, bytes) : send_some(connection.fd, bytes);
    if (given != static_cast<int64_t>(bytes.size())) std::fprintf(stderr, "a server does not read\n");
  }

  void lose(Connection& connection) {
    if (connection.state != Connection::State::live) --opening_;
    connection.state = Connection::State::gone;
    connection.ssl.reset();
    close(connection.fd);
    ++gone_;
  }

  void report_connections() {
    doing_ = Doing::nothing;
    deadline_ns_ = 0;
    say("{\"connected\":%zu,\"gone\":%zu,\"opening\":%zu,\"seconds\":%.3f}", connections_.size() - gone_ - opening_,
        gone_, opening_, static_cast<double>(now_ns() - start_ns_) / 1e9);
    if (gone_ + opening_ > 0) std::fprintf(stderr, "last answer: %s\n", tally_.last_other.c_str());
  }

  void report_lines() {
    doing_ = Doing::nothing;
    deadline_ns_ = 0;
    uint64_t missing = 0;
    for (const Connection& connection : connections_) {
      uint32_t next = connection.follower.next_sequence();
      if (next < target_) missing += target_ - next;
    }
    double seconds = static_cast<double>(tally_.last_seen_us - tally_.first_printed_us) / 1e6;
    double lines = static_cast<double>(tally_.deliveries);
    say("{\"deliveries\":%" PRIu64 ",\"seconds\":%.6f,\"deliveries_per_s\":%.0f,\"lost\":%" PRIu64
        ",\"duplicates\":%" PRIu64 ",\"out_of_order\":%" PRIu64 ",\"damaged\":%" PRIu64 ",\"gaps\":%" PRIu64
        ",\"gone\":%zu,\"frames\":%" PRIu64 ",\"other_frames\":%" PRIu64 ",\"bytes_per_line\":%.1f,\"p50_us\":%" PRIu64
        ",\"p99_us\":%" PRIu64 "}",
        tally_.deliveries, seconds, seconds > 0 ? lines / seconds : 0, tally_.lost + missing, tally_.duplicates,
        tally_.out_of_order, tally_.damaged, tally_.gaps, gone_, tally_.frames, tally_.other_frames,
        lines > 0 ? static_cast<double>(tally_.bytes) / lines : 0, tally_.latency_us.percentile(0.5),
        tally_.latency_us.percentile(0.99));
  }

  [[gnu::format(printf, 1, 2)]] static void say(const char* format, ...) {
    va_list values;
    va_start(values, format);
    std::vprintf(format, values);
    va_end(values);
    std::puts("");
    std::fflush(stdout);
  }

  static constexpr size_t read_bytes = 256 * 1024;

  uint16_t port_;
  std::string engine_, path_, subprotocol_, first_;
  uint32_t channels_, from_;
  uint32_t target_;  // the sequence number at which a connection has everything
  SSL_CTX* tls_;
  std::vector<Connection> connections_;
  size_t wanted_ = 0, opening_ = 0, gone_ = 0, incomplete_ = 0;
  bool complete_ = false;
  Doing doing_ = Doing::nothing;
  int64_t start_ns_ = 0, deadline_ns_ = 0;
  Tally tally_;
  std::vector<char> buffer_;
  Poll poll_;
};

}  // namespace
}  // namespace bench

int main(int count, char** words) {
  bench::raise_descriptor_limit();
  auto load = std::make_unique<bench::Load>(bench::Options(count, words));
  load->run();
}
