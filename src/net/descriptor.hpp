// Descriptor: an open file descriptor of a real loop, and the waiting for its readiness. Everything that reads or
// writes does so itself, without blocking, once it is told to; so nothing below ever holds a pointer into a buffer.
// Closes the descriptor at its end, after which nothing is called any more. Thread: its loop's.
#pragma once

#include <functional>
#include <memory>

#include "net/asio_loop.hpp"
#include "net/network.hpp"

namespace net {

enum class Direction : std::uint8_t { read, write };

class Descriptor {
 public:
  using OnReady = std::function<void(Direction)>;

  Descriptor(AsioLoop& loop, int number, OnReady on_ready);
  ~Descriptor();
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const;  // -1 when closed
  // Calls on_ready once, from the loop: ready, failed or closed; trying tells which. Waiting twice is waiting once.
  void wait(Direction direction);
  void close();
  Socket release();  // the descriptor without this

 private:
  struct Body;
  std::shared_ptr<Body> body_;
};

Socket owned_descriptor(int number);  // closed if nobody takes it

}  // namespace net
