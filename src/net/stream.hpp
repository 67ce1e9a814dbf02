// Stream: a connected byte stream (TCP, unix socket, TLS) for coroutines: at most one read and one write at a
// time. The seam under the Docker and Redis clients. Client sockets of browsers are not Streams: client_sockets.hpp.
// Thread: its loop's. Destroying a Stream closes it; a coroutine that waits on it must be gone before (it owns it, or
// is owned beside it).
#pragma once

#include <coroutine>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "net/task.hpp"

namespace net {

// The consumer's half of an operation in flight: an awaiter in a coroutine's frame. An implementation keeps a pointer
// to it from start to complete() or abandon, whichever is first.
template <class T>
class Operation {
 public:
  bool pending() const { return parked_.parked(); }
  // Called by the implementation, from its loop, or inside start_*. Touch nothing of the stream afterwards.
  void complete(base::Result<T> result) {
    result_.emplace(std::move(result));
    if (parked_.parked()) parked_.resume();
  }

 protected:
  Parked parked_;
  std::optional<base::Result<T>> result_;
};

class Stream {
 public:
  using ReadOperation = Operation<std::size_t>;
  using WriteOperation = Operation<void>;

  virtual ~Stream() = default;

  class Read;
  class Write;
  // co_await → Result<size_t>: at least one byte, or 0 at the end of the stream. Fault::closed when it was cut (reset).
  [[nodiscard]] Read read_some(std::span<char> into);
  // co_await → Result<void>: all bytes were given to the transport. `from` must live until then.
  [[nodiscard]] Write write(std::string_view from);
  virtual void shutdown_write() = 0;
  // Ends both directions; pending operations complete with Fault::closed (from the loop, not inside close()).
  virtual void close() = 0;

 protected:
  // May complete() at once. The implementation forgets the operation in abandon_*.
  virtual void start_read(ReadOperation& operation, std::span<char> into) = 0;
  virtual void start_write(WriteOperation& operation, std::string_view from) = 0;
  virtual void abandon_read() = 0;
  virtual void abandon_write() = 0;
};

class Stream::Read : public Stream::ReadOperation {
 public:
  Read(Stream& stream, std::span<char> into) : stream_(stream), into_(into) {}
  Read(const Read&) = delete;
  ~Read() {
    if (parked_.parked()) stream_.abandon_read();
  }
  bool await_ready() { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> handle) {
    stream_.start_read(*this, into_);
    if (result_) return false;
    parked_.park(handle);
    return true;
  }
  base::Result<std::size_t> await_resume() { return std::move(*result_); }

 private:
  Stream& stream_;
  std::span<char> into_;
};

class Stream::Write : public Stream::WriteOperation {
 public:
  Write(Stream& stream, std::string_view from) : stream_(stream), from_(from) {}
  Write(const Write&) = delete;
  ~Write() {
    if (parked_.parked()) stream_.abandon_write();
  }
  bool await_ready() { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> handle) {
    stream_.start_write(*this, from_);
    if (result_) return false;
    parked_.park(handle);
    return true;
  }
  base::Result<void> await_resume() { return std::move(*result_); }

 private:
  Stream& stream_;
  std::string_view from_;
};

inline Stream::Read Stream::read_some(std::span<char> into) { return Read(*this, into); }
inline Stream::Write Stream::write(std::string_view from) { return Write(*this, from); }

}  // namespace net
