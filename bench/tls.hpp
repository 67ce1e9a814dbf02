// A client's side of TLS, blocking while it shakes hands; for the programs that open connections.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace bench {

struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using Tls = std::unique_ptr<SSL, SslFree>;

// As receive_some() and send_some() (os.hpp), through TLS.
inline int64_t receive_some(SSL& ssl, std::span<char> into) {
  const int count = SSL_read(&ssl, into.data(), static_cast<int>(into.size()));
  if (count > 0) return count;
  const int error = SSL_get_error(&ssl, count);
  ERR_clear_error();
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? -1 : 0;
}
inline int64_t send_some(SSL& ssl, std::string_view bytes) {
  return SSL_write(&ssl, bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace bench
