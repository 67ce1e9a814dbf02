// TlsIdentity: who we are to TLS clients: a certificate with its chain and the key to it, read from PEM files, and the
// terms under which we speak (TLS 1.2 or newer, forward secret AEAD ciphers, ALPN http/1.1, no renegotiation, no
// compression). Immutable after it is made, so any thread may use it.
// TicketKeys: what sessions are resumed with: keys of this process alone, which rotate. They outlive every connection
// of a context that they serve. Thread: made and ended on the loop's; OpenSSL asks them from any.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.hpp"
#include "net/loop.hpp"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace net {

using TlsContext = std::shared_ptr<ssl_ctx_st>;

struct TlsFiles {
  std::string certificate;  // the leaf first, then what leads to an authority
  std::string key;          // without a password
};

struct TlsIdentity {
  TlsContext context;
  WallTime expires;
};

// The error names the file and says what is wrong with it.
base::Result<TlsIdentity> load_tls_identity(const TlsFiles& files);

class TicketKeys {
 public:
  // A session can be resumed for at least so long, and at most for twice that.
  static constexpr std::chrono::hours lifetime{12};

  explicit TicketKeys(Loop& loop);
  TicketKeys(const TicketKeys&) = delete;
  void serve(const TlsContext& context);
  void rotate();  // happens by itself once in a lifetime

  struct Key {
    std::array<unsigned char, 16> name;
    std::array<unsigned char, 32> cipher, mac;
  };
  Key current() const;
  // The key of this name: the current one or the one before it.
  enum class Found : std::uint8_t { none, current, previous };
  Found find(const unsigned char* name, Key& key) const;

 private:
  static Key draw();

  Loop& loop_;
  mutable std::mutex mutex_;
  Key current_, previous_;  // under mutex_
  Timer timer_;
};

}  // namespace net
