// The floor: the least that a server must do to send a log to many WebSocket connections. One thread, one epoll set,
// nothing refused, nothing measured, no ping, no bound on what is kept for a slow reader.
//
// It follows every channel at the same fake Engine as dockcast, and sends each line in a frame of --frame bytes, padded
// to what dockcast sends for it. Plain: one send per message and connection. --coalesce: what arrived in one turn
// leaves in one send per connection.
//
//     engine ──records──► Channel.bytes: frames laid end to end ──► one cursor (Connection.sent) per connection
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "handshake.hpp"
#include "line.hpp"
#include "os.hpp"

namespace bench {
namespace {

struct Channel {
  std::string bytes;           // frames that somebody has not got yet
  uint64_t base = 0;           // how many bytes were dropped in front of them
  size_t behind = 0;           // connections that wait for their socket
  bool touched = false;        // in this turn
  std::vector<int> followers;  // descriptors
  std::string unread;          // of the engine's answer
  bool past_header = false;
};

struct Connection {
  uint64_t sent = 0;                     // cursor: bytes of the channel, since its start
  std::unique_ptr<std::string> request;  // until the handshake is done
  uint32_t channel = 0;
  bool open = false;
  bool waits = false;  // for the socket to drain
};

enum Tag : uint64_t { listener_tag = 1ULL << 32, engine_tag = 2ULL << 32, client_tag = 3ULL << 32 };

// A text frame of exactly `payload_bytes`, the line at its end (RFC 6455 5.2); not masked, as a server's.
void append_frame(std::string& to, std::string_view line, size_t payload_bytes) {
  size_t bytes = std::max(payload_bytes, line.size());
  to += '\x81';
  if (bytes < 126) {
    to += static_cast<char>(bytes);
  } else if (bytes < 65536) {
    to += {'\x7e', static_cast<char>(bytes >> 8), static_cast<char>(bytes)};
  } else {
    to += '\x7f';
    for (int shift = 56; shift >= 0; shift -= 8) to += static_cast<char>(bytes >> shift);
  }
  to.append(bytes - line.size(), ' ');
  to += line;
}

class Floor {
 public:
  explicit Floor(const Options& options)
      : payload_bytes_(static_cast<size_t>(options.number("frame", 0))),
        coalesce_(options.flag("coalesce")),
        channels_(static_cast<size_t>(options.number("channels", 1))),
        listener_(listen_tcp(static_cast<uint16_t>(options.number("port", 9100)))) {
    poll_.add(listener_, EPOLLIN, listener_tag);
    for (uint32_t index = 0; index < channels_.size(); ++index) follow(options.required("engine"), index);
  }

  [[noreturn]] void run() {
    for (;;) {
      for (const epoll_event& event : poll_.wait(-1)) dispatch(event);
      for (uint32_t index : touched_) fan_out(channels_[index]);
      touched_.clear();
    }
  }

 private:
  void follow(const std::string& engine, uint32_t index) {
    int fd = connect_unix(engine);
    std::string request = "GET /containers/" + container_id(index) +
                          "/logs?follow=1&stdout=1&stderr=1&timestamps=1&tail=0 HTTP/1.0\r\n\r\n";
    if (send_some(fd, request) != static_cast<int64_t>(request.size())) die("asking the engine");
    if (static_cast<size_t>(fd) >= channel_of_.size()) channel_of_.resize(static_cast<size_t>(fd) + 1);
    channel_of_[static_cast<size_t>(fd)] = index;
    poll_.add(fd, EPOLLIN, engine_tag | static_cast<uint64_t>(fd));
  }

  void dispatch(const epoll_event& event) {
    int fd = static_cast<int>(event.data.u64 & 0xffffffff);
    uint64_t kind = event.data.u64 & ~uint64_t{0xffffffff};
    if (kind == listener_tag) {
      accept_all();
    } else if (kind == engine_tag) {
      read_engine(fd, channel_of_[static_cast<size_t>(fd)]);
    } else {
      if (event.events & EPOLLOUT) drained(fd);
      if (event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read_client(fd);
    }
  }

  void accept_all() {
    for (int fd = accept_one(listener_); fd >= 0; fd = accept_one(listener_)) {
      if (static_cast<size_t>(fd) >= connections_.size()) connections_.resize(static_cast<size_t>(fd) + 1);
      connections_[static_cast<size_t>(fd)] = {.request = std::make_unique<std::string>(), .open = true};
      poll_.add(fd, EPOLLIN, client_tag | static_cast<uint64_t>(fd));
    }
  }

  void read_client(int fd) {
    Connection& connection = connections_[static_cast<size_t>(fd)];
    if (!connection.open) return;
    int64_t count = receive_some(fd, buffer_);
    if (count == 0) return close_client(fd);
    if (count < 0 || !connection.request) return;  // what a client says after the handshake does not matter here
    connection.request->append(buffer_.data(), static_cast<size_t>(count));
    if (connection.request->ends_with("\r\n\r\n")) upgrade(fd, connection);
  }

  void upgrade(int fd, Connection& connection) {
    const std::string request = *std::exchange(connection.request, nullptr);
    std::string answer = upgrade_answer(request);
    if (answer.empty()) {
      send_some(fd, "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      return close_client(fd);
    }
    append_frame(answer, R"({"type":"subscribed"})", 0);
    if (send_some(fd, answer) != static_cast<int64_t>(answer.size())) return close_client(fd);

    uint32_t index =
        channel_in(request.substr(0, request.find('\r'))).value_or(0) % static_cast<uint32_t>(channels_.size());
    Channel& channel = channels_[index];
    connection.channel = index;
    connection.sent = channel.base + channel.bytes.size();
    channel.followers.push_back(fd);
  }

  void close_client(int fd) {
    Connection& connection = connections_[static_cast<size_t>(fd)];
    Channel& channel = channels_[connection.channel];
    if (connection.waits) --channel.behind;
    std::erase(channel.followers, fd);
    connection = {};
    close(fd);
  }

  void read_engine(int fd, uint32_t index) {
    Channel& channel = channels_[index];
    int64_t count = receive_some(fd, buffer_);
    if (count == 0) std::exit(0);  // the engine has gone, and the measurement with it
    if (count < 0) return;
    channel.unread.append(buffer_.data(), static_cast<size_t>(count));
    if (!channel.past_header) {
      size_t end = channel.unread.find("\r\n\r\n");
      if (end == std::string::npos) return;
      channel.unread.erase(0, end + 4);
      channel.past_header = true;
    }
    take_records(index);
  }

  // A record: stream, three zeros, length (big endian), then "timestamp line\n" (docker-engine.md 3.2).
  void take_records(uint32_t index) {
    Channel& channel = channels_[index];
    std::string_view rest = channel.unread;
    while (rest.size() >= 8) {
      auto byte = [&](size_t at) { return static_cast<size_t>(static_cast<unsigned char>(rest[at])); };
      size_t length = byte(4) << 24 | byte(5) << 16 | byte(6) << 8 | byte(7);
      if (rest.size() < 8 + length) break;
      std::string_view record = rest.substr(8, length);
      size_t before = channel.bytes.size();
      size_t stamp = record.find(' ') + 1;
      append_frame(channel.bytes, record.substr(stamp, length - stamp - 1), payload_bytes_);
      frame_bytes_ = channel.bytes.size() - before;
      rest.remove_prefix(8 + length);
      if (!coalesce_)
        fan_out(channel);
      else if (!std::exchange(channel.touched, true))
        touched_.push_back(index);
    }
    channel.unread.erase(0, channel.unread.size() - rest.size());
  }

  void fan_out(Channel& channel) {
    channel.touched = false;
    for (int fd : channel.followers) {
      Connection& connection = connections_[static_cast<size_t>(fd)];
      if (!connection.waits) send_to(fd, connection, channel);
    }
    forget(channel);
  }

  void drained(int fd) {
    Connection& connection = connections_[static_cast<size_t>(fd)];
    if (!connection.waits) return;
    Channel& channel = channels_[connection.channel];
    send_to(fd, connection, channel);
    forget(channel);
  }

  void send_to(int fd, Connection& connection, Channel& channel) {
    std::string_view rest = std::string_view(channel.bytes).substr(connection.sent - channel.base);
    while (!rest.empty()) {
      std::string_view piece = coalesce_ ? rest : rest.substr(0, frame_bytes_ - connection.sent % frame_bytes_);
      int64_t count = send_some(fd, piece);
      if (count < 0) break;  // its read event closes it
      connection.sent += static_cast<uint64_t>(count);
      rest.remove_prefix(static_cast<size_t>(count));
      if (static_cast<size_t>(count) < piece.size()) break;
    }
    bool waits = !rest.empty();
    if (waits == connection.waits) return;
    connection.waits = waits;
    waits ? ++channel.behind : --channel.behind;
    poll_.change(fd, waits ? EPOLLIN | EPOLLOUT : EPOLLIN, client_tag | static_cast<uint64_t>(fd));
  }

  // Once everybody has everything the bytes are dropped; until then they stay, however many.
  static void forget(Channel& channel) {
    if (channel.behind > 0) return;
    channel.base += channel.bytes.size();
    channel.bytes.clear();
  }

  size_t payload_bytes_;
  bool coalesce_;
  size_t frame_bytes_ = 1;  // of the last line; all lines of one measurement are equally long
  std::vector<Channel> channels_;
  std::vector<Connection> connections_;  // by descriptor
  std::vector<uint32_t> channel_of_;     // by descriptor of the engine connection
  std::vector<uint32_t> touched_;
  int listener_;
  Poll poll_;
  std::array<char, 65536> buffer_{};
};

}  // namespace
}  // namespace bench

int main(int count, char** words) {
  bench::raise_descriptor_limit();
  auto floor = std::make_unique<bench::Floor>(bench::Options(count, words));
  floor->run();
}
