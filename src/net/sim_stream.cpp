#include "net/sim_stream.hpp"

#include "base/check.hpp"
#include "net/sim_host.hpp"

namespace net {

namespace {

constexpr double at_once = 0.8;

base::Error closed() { return {base::Fault::closed, "The connection ended"}; }

}  // namespace

SimStream::SimStream(SimLoop& loop, int socket) : loop_(loop), world_(loop.host().world()), socket_(socket) {
  world_.kernel().watch(socket_, *this);
}

SimStream::~SimStream() { world_.kernel().close(socket_); }

void SimStream::shutdown_write() { world_.kernel().shutdown_write(socket_); }

void SimStream::close() {
  world_.kernel().close(socket_);
  on_edge(socket_);
}

void SimStream::start_read(ReadOperation& operation, std::span<char> into) {
  CHECK(read_ == nullptr && !into.empty());
  read_ = &operation;
  into_ = into;
  if (world_.random().chance(at_once)) {
    try_read();
  } else {
    on_edge(socket_);
  }
}

void SimStream::start_write(WriteOperation& operation, std::string_view from) {
  CHECK(write_ == nullptr);
  write_ = &operation;
  from_ = from;
  if (world_.random().chance(at_once)) {
    try_write();
  } else {
    on_edge(socket_);
  }
}

void SimStream::on_edge(int) {
  if (std::exchange(waking_, true)) return;
  loop_.post([self = std::weak_ptr<SimStream*>(self_)] {
    if (self.expired()) return;
    SimStream* const stream = *self.lock();  // not held on to: serve() asks whether it is still there
    stream->serve();
  });
}

void SimStream::serve() {
  waking_ = false;
  const std::weak_ptr<SimStream*> alive = self_;  // completing one operation may end all
  if (read_ != nullptr) try_read();
  if (!alive.expired() && write_ != nullptr) try_write();
}

void SimStream::try_read() {
  const Transfer got = world_.kernel().receive(socket_, into_);
  if (got.state == Transfer::State::would_block) return;
  ReadOperation& operation = *std::exchange(read_, nullptr);
  if (got.state == Transfer::State::failed) {
    operation.complete(closed());
  } else {
    operation.complete(got.bytes);
  }
}

void SimStream::try_write() {
  while (!from_.empty()) {
    const iovec part{const_cast<char*>(from_.data()), from_.size()};
    const Transfer went = world_.kernel().send(socket_, {&part, 1});
    if (went.state == Transfer::State::would_block) return;
    if (went.state == Transfer::State::failed) {
      std::exchange(write_, nullptr)->complete(closed());
      return;
    }
    from_.remove_prefix(went.bytes);
  }
  std::exchange(write_, nullptr)->complete(base::Result<void>());
}

}  // namespace net
