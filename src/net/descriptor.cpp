#include "net/descriptor.hpp"

#include <unistd.h>

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace net {

namespace asio = boost::asio;

// Lives until Asio has answered every wait.
struct Descriptor::Body : std::enable_shared_from_this<Body> {
  Body(asio::io_context& context, int number, OnReady on_ready_in)
      : descriptor(context, number), on_ready(std::move(on_ready_in)) {}

  void wait(Direction direction) {
    bool& waits = waiting[static_cast<std::size_t>(direction)];
    if (std::exchange(waits, true)) return;
    const auto kind = direction == Direction::read ? asio::posix::descriptor_base::wait_read
                                                   : asio::posix::descriptor_base::wait_write;
    descriptor.async_wait(kind, [self = shared_from_this(), direction](const boost::system::error_code&) {
      self->waiting[static_cast<std::size_t>(direction)] = false;
      if (!self->abandoned) self->on_ready(direction);
    });
  }
  void close() {
    boost::system::error_code ignored;
    descriptor.close(ignored);
  }

  asio::posix::stream_descriptor descriptor;
  OnReady on_ready;
  std::array<bool, 2> waiting{};
  bool abandoned = false;
};

Descriptor::Descriptor(AsioLoop& loop, int number, OnReady on_ready)
    : body_(std::make_shared<Body>(loop.context(), number, std::move(on_ready))) {}

Descriptor::~Descriptor() {
  body_->abandoned = true;
  body_->close();
}

int Descriptor::number() const { return body_->descriptor.is_open() ? body_->descriptor.native_handle() : -1; }
void Descriptor::wait(Direction direction) { body_->wait(direction); }
void Descriptor::close() { body_->close(); }
Socket Descriptor::release() { return owned_descriptor(body_->descriptor.release()); }

Socket owned_descriptor(int number) {
  return Socket(number, [](int closing) { ::close(closing); });
}

}  // namespace net
