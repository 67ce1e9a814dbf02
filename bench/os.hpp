// What the bench programs need of the system: sockets, an epoll set, a clock, options.
// A failing system call ends the program: these are measuring tools, not servers. Not here: anything about frames.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace bench {

[[noreturn]] void die(std::string_view what);
int must(int result, std::string_view what);

// Nanoseconds since 1970: publisher and load generator compare it across processes of one machine.
int64_t now_ns();

// Sets the soft limit of descriptors to the hard one.
void raise_descriptor_limit();

int listen_tcp(uint16_t port);
int listen_unix(const std::string& path);
int connect_unix(const std::string& path);
// The next waiting connection, non-blocking, or -1.
int accept_one(int listener);
void set_nonblocking(int fd);

// Bytes taken, 0 when the peer is gone, -1 when there is nothing to do now.
int64_t receive_some(int fd, std::span<char> into);
// Bytes given; 0 when the socket is full, -1 when the peer is gone.
int64_t send_some(int fd, std::string_view bytes);

class Poll {
 public:
  Poll();
  void add(int fd, uint32_t events, uint64_t tag);
  void change(int fd, uint32_t events, uint64_t tag);
  std::span<epoll_event> wait(int timeout_ms);

 private:
  int fd_;
  std::array<epoll_event, 512> events_{};
};

// --name value pairs; a name that stands alone is a flag.
class Options {
 public:
  Options(int count, char** words);
  bool flag(const std::string& name) const { return values_.contains(name); }
  std::string text(const std::string& name, std::string_view fallback) const;
  std::string required(const std::string& name) const;
  int64_t number(const std::string& name, int64_t fallback) const;

 private:
  std::map<std::string, std::string> values_;
};

}  // namespace bench
