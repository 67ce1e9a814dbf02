// For tests, for .cpp files of this room only: a TLS client over any stream, which can also say what none should: its
// OpenSSL speaks to memory.
#pragma once

#include <algorithm>
#include <memory>
#include <string>

#include "net/loop.hpp"
#include "net/openssl.hpp"
#include "net/stream.hpp"

namespace net {

class MemoryClient {
 public:
  MemoryClient(Loop& loop, SSL_CTX& context) : loop_(loop), ssl_(SSL_new(&context)) {
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl_.get(), in_, out_);
    SSL_set_connect_state(ssl_.get());
  }
  SSL* ssl() { return ssl_.get(); }

  std::unique_ptr<Stream> stream;
  std::size_t slice = 1 << 20;  // bytes that are written at once
  std::string heard;
  bool deaf = false;    // hears nothing any more once hands are shaken
  bool shaken = false;  // hands
  bool ended = false;   // the stream

  // Everything that OpenSSL wants to say, by whoever began first.
  Task<void> flush() {
    if (std::exchange(flushing_, true)) co_return;
    std::string bytes;
    while (BIO_pending(out_) > 0) {
      bytes.resize(std::min(slice, static_cast<std::size_t>(BIO_pending(out_))));
      BIO_read(out_, bytes.data(), static_cast<int>(bytes.size()));
      (void)co_await stream->write(bytes);
      if (BIO_pending(out_) > 0) co_await loop_.sleep(std::chrono::microseconds(1));  // the other side's turn
    }
    flushing_ = false;
  }
  Task<void> say(std::string text) {
    SSL_write(ssl(), text.data(), static_cast<int>(text.size()));
    co_await flush();
  }
  // The handshake, then hears until the end.
  Task<void> talk() {
    std::string buffer(20'000, '\0');
    for (;;) {
      ERR_clear_error();
      if (!shaken && SSL_do_handshake(ssl()) == 1) shaken = true;
      for (int got = 0; shaken && (got = SSL_read(ssl(), buffer.data(), static_cast<int>(buffer.size()))) > 0;)
        heard.append(buffer, 0, static_cast<std::size_t>(got));
      co_await flush();
      if (shaken && deaf) co_return;
      auto got = co_await stream->read_some(buffer);
      if (!got || *got == 0) break;
      BIO_write(in_, buffer.data(), static_cast<int>(*got));
    }
    ended = true;
  }

 private:
  Loop& loop_;
  Ssl ssl_;
  BIO *in_, *out_;
  bool flushing_ = false;
};

}  // namespace net
