// FarStream: the asking end of a tunnel: a net::Stream to an Engine that another instance reaches. What has come is
// kept until it is read, and the host sends no more than it was given credit for. A lost frame, ten silent seconds of
// the host, or its word end it as a connection that was cut.
//
// Thread: the bus' loop. Made by Asker, which outlives it. Bounds: window_bytes unread, request_bytes_max written.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net/stream.hpp"
#include "tunnel/wire.hpp"

namespace tunnel {

class Asker;

// What a host may send beyond what the asker has taken.
inline constexpr std::size_t window_bytes = 64 * 1024;
// A request's head; nothing else passes.
inline constexpr std::size_t request_bytes_max = 16 * 1024;

class FarStream final : public net::Stream {
 public:
  FarStream(Asker& asker, const Wire::Place& place, const std::string& host, std::uint64_t stream);
  ~FarStream() override;

  const std::string& host() const { return host_; }
  // It may be gone when one of these returns.
  void hear(const Frame& frame);
  void cut(base::Error why);
  // The end of a second.
  void look();

  void shutdown_write() override {}  // the host knows where a request ends
  void close() override;

 private:
  void start_read(ReadOperation& operation, std::span<char> into) override;
  void start_write(WriteOperation& operation, std::string_view from) override;
  void abandon_read() override { read_ = nullptr; }
  void abandon_write() override {}
  void take(std::string_view bytes);
  void serve();

  Asker& asker_;
  net::Loop& loop_;
  const std::string host_;
  Wire wire_;
  std::string unread_;
  std::size_t read_bytes_ = 0;  // of unread_, taken already
  std::uint64_t taken_ = 0;     // bytes in all
  std::uint64_t credited_ = 0;  // of which the host knows
  std::size_t written_ = 0;
  bool long_ = false;               // it counts as one whose answer has no end
  bool ended_ = false;              // nothing comes any more: it was whole
  std::optional<base::Error> why_;  // or it was not
  ReadOperation* read_ = nullptr;
  std::span<char> into_;
  std::shared_ptr<FarStream*> self_ = std::make_shared<FarStream*>(this);
};

}  // namespace tunnel
