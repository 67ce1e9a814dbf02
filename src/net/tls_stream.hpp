// TlsStream: the real Stream of a client that speaks TLS, over a non-blocking descriptor. Like AsioStream it tries
// first and waits only if it would block. A record that was begun is kept until the descriptor takes it, so that an
// abandoned write leaves the stream whole. The end of the stream is the peer's TLS goodbye; an end without it is a cut.
#pragma once

#include <memory>
#include <string>

#include "net/descriptor.hpp"
#include "net/stream.hpp"
#include "net/tls_wire.hpp"

struct ssl_st;

namespace net {

class TlsStream final : public Stream, private TlsWire {
 public:
  static constexpr std::size_t unsent_bytes_max = 64 * 1024;  // what only a hostile peer makes us say unasked

  // `ssl` knows its side, and whom it wants to talk to.
  TlsStream(AsioLoop& loop, Socket socket, std::shared_ptr<ssl_st> ssl);
  // Before anything else. The error is OpenSSL's word for it.
  Task<base::Result<void>> shake_hands();
  void shutdown_write() override;
  void close() override;

 private:
  void start_read(ReadOperation& operation, std::span<char> into) override;
  void start_write(WriteOperation& operation, std::string_view from) override;
  void abandon_read() override { read_ = nullptr; }
  void abandon_write() override { write_ = nullptr; }
  Transfer read_wire(std::span<char> into) override;
  Transfer write_wire(std::string_view bytes) override;

  void on_ready(Direction direction);
  bool may_try();
  bool try_read();
  bool try_write();
  Transfer::State flush();

  AsioLoop& loop_;
  const std::shared_ptr<ssl_st> ssl_;
  ReadOperation* read_ = nullptr;
  std::span<char> into_;
  WriteOperation* write_ = nullptr;
  std::string_view from_;
  std::string unsent_;  // ciphertext
  unsigned tries_ = 0;
  Callback on_shaking_;
  Descriptor descriptor_;
};

}  // namespace net
