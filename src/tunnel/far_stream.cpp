#include "tunnel/far_stream.hpp"

#include <algorithm>
#include <cstring>

#include "base/check.hpp"
#include "tunnel/asker.hpp"
#include "tunnel/request_guard.hpp"

namespace tunnel {

using base::Error;
using base::Fault;

FarStream::FarStream(Asker& asker, const Wire::Place& place, const std::string& host, std::uint64_t stream)
    : asker_(asker), loop_(place.loop), host_(host), wire_(place, host_channel(host), stream) {
  wire_.send(Kind::open, asker.name(), [this, self = std::weak_ptr(self_)](base::Result<std::uint64_t> receivers) {
    if (!self.lock() || !receivers || *receivers > 0) return;
    asker_.doubt(host_);
    cut({Fault::refused, "The instance " + host_ + " does not listen"});
  });
}

FarStream::~FarStream() {
  if (!ended_ && !why_) wire_.send(Kind::end);
  if (long_) --asker_.long_;
  asker_.forget(wire_.stream());
}

void FarStream::hear(const Frame& frame) {
  if (ended_ || why_) return;
  if (!wire_.hears(frame)) return cut({Fault::closed, "The bus has lost a part of what the Engine sent"});
  switch (frame.kind) {
    case Kind::bytes:
      return take(frame.payload);
    case Kind::end:
      ended_ = true;
      return serve();
    case Kind::cut:
      return cut({Fault::unavailable, std::string(frame.payload)});
    default:
      return;
  }
}

void FarStream::take(std::string_view bytes) {
  if (unread_.size() - read_bytes_ + bytes.size() > window_bytes)
    return cut({Fault::protocol, "The instance " + host_ + " sends more than it may"});
  unread_.erase(0, std::exchange(read_bytes_, 0));
  unread_ += bytes;
  serve();
}

void FarStream::cut(Error why) {
  if (ended_ || why_) return;
  wire_.send(Kind::end);
  why_ = std::move(why);
  serve();
}

void FarStream::look() {
  if (ended_ || why_) return;
  if (!wire_.silent()) return wire_.keep_alive();
  asker_.doubt(host_);
  cut({Fault::timed_out, "The instance " + host_ + " is silent"});
}

void FarStream::close() {
  if (!ended_ && !why_) {
    wire_.send(Kind::end);
    why_ = Error{Fault::closed, "The connection ended"};
  }
  unread_.clear();
  read_bytes_ = 0;
  loop_.post([self = std::weak_ptr(self_)] {
    if (self.expired()) return;
    FarStream* const stream = *self.lock();  // not held on to: what goes on may end it
    stream->serve();
  });
}

void FarStream::start_read(ReadOperation& operation, std::span<char> into) {
  CHECK(read_ == nullptr && !into.empty());
  read_ = &operation;
  into_ = into;
  serve();
}

void FarStream::serve() {
  if (read_ == nullptr) return;
  const std::size_t bytes = std::min(into_.size(), unread_.size() - read_bytes_);
  if (bytes == 0 && !ended_ && !why_) return;
  ReadOperation& operation = *std::exchange(read_, nullptr);
  if (bytes == 0 && why_) return operation.complete(*why_);
  std::memcpy(into_.data(), unread_.data() + read_bytes_, bytes);
  read_bytes_ += bytes;
  taken_ += bytes;
  if (!ended_ && !why_ && taken_ - credited_ >= window_bytes / 2) {
    credited_ = taken_;
    wire_.send(Kind::credit, encode_count(taken_));
  }
  operation.complete(bytes);
}

// The bus takes it at once; what the host thinks of it comes as an answer.
void FarStream::start_write(WriteOperation& operation, std::string_view from) {
  if (why_) return operation.complete(*why_);
  if (written_ == 0 && is_long(from)) {
    if (asker_.long_ >= Asker::long_max) {
      const Error why{Fault::unavailable, "Too many logs, events and stats are read from the Engines of others"};
      cut(why);  // who asks waits for an answer all the same
      return operation.complete(why);
    }
    long_ = true;
    ++asker_.long_;
  }
  written_ += from.size();
  if (written_ > request_bytes_max)
    return operation.complete(Error{Fault::too_large, "No request to an Engine of others is so long"});
  if (!ended_ && !from.empty()) wire_.send(Kind::bytes, from);
  operation.complete(base::Result<void>());
}

}  // namespace tunnel
