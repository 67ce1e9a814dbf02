// OpenSSL, for .cpp files of this room only: what it hands out as values that free themselves, its errors as words.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

#include "net/tls_wire.hpp"

namespace net {

template <auto release>
struct Released {
  template <class One>
  void operator()(One* one) const {
    release(one);
  }
};
using Ssl = std::unique_ptr<SSL, Released<SSL_free>>;

// Why the last call failed, by OpenSSL's queue of errors, which is empty afterwards.
std::string openssl_error();

// A way to the wire for one or many SSLs, each of which takes a reference of its own.
using Bio = std::unique_ptr<BIO, Released<BIO_free>>;
Bio make_bio(TlsWire& wire);
// The SSL shall speak through it, one call of OpenSSL at a time.
void speak_through(SSL& ssl, BIO& bio);

// Why `path` cannot be read at all; empty where it can. OpenSSL's own words for that are a riddle.
std::string unreadable(const std::string& path);

}  // namespace net
