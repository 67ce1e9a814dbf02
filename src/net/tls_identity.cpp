#include "net/tls_identity.hpp"

#include <openssl/core_names.h>
#include <openssl/rand.h>

#include <cstring>
#include <ctime>

#include "base/check.hpp"
#include "net/openssl.hpp"

namespace net {

namespace {

// Forward secret and authenticated; ECDSA first, which costs a tenth of RSA here. Those of TLS 1.3 are all fine.
constexpr const char* ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:"
    "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* groups = "X25519:P-256:P-384";

// Length and name (RFC 7301, 3.1).
constexpr std::string_view http = "\x08http/1.1";

// Nobody else's protocol is spoken here; who asks for none is taken to mean ours.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_bytes, const unsigned char* in,
                    unsigned in_bytes, void*) {
  const auto* ours = reinterpret_cast<const unsigned char*>(http.data());
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_bytes, ours, http.size(), in, in_bytes) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

// Else OpenSSL would ask on the terminal.
int no_password(char*, int, int, void*) { return 0; }

TlsContext make_context() {
  TlsContext context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX* const raw = context.get();
  CHECK(raw != nullptr);
  CHECK(SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION) == 1 && SSL_CTX_set_cipher_list(raw, ciphers) == 1 &&
        SSL_CTX_set1_groups_list(raw, groups) == 1);
  // A client that just leaves has cut no message of ours: HTTP and WebSocket say themselves where something ends.
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                               SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // A write is whole, though a client may have asked for fragments of 512 bytes: what is below takes everything.
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(raw, 1);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);  // tickets hold what there is to remember
  SSL_CTX_set_timeout(raw, std::chrono::seconds(TicketKeys::lifetime).count());
  SSL_CTX_set_alpn_select_cb(raw, choose_protocol, nullptr);
  SSL_CTX_set_default_passwd_cb(raw, no_password);
  return context;
}

base::Error bad(const std::string& path, const std::string& what) {
  return {base::Fault::bad_request, path + " " + what};
}

WallTime end_of(const X509* certificate) {
  std::tm time{};
  CHECK(ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &time) == 1);
  return std::chrono::sys_seconds(std::chrono::seconds(::timegm(&time)));
}

// As OpenSSL declares it: 1 is fine, 2 is fine but a new ticket is due, 0 is no key of ours, -1 a failure.
int ticket_key(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
               int encrypts) {
  const auto& keys = *static_cast<const TicketKeys*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  TicketKeys::Key key = keys.current();
  auto found = TicketKeys::Found::current;
  if (encrypts != 0) {
    if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return -1;
    std::memcpy(name, key.name.data(), key.name.size());
  } else {
    found = keys.find(name, key);
  }
  if (found == TicketKeys::Found::none) return 0;
  char digest[] = "SHA256";
  OSSL_PARAM parameters[] = {OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac.data(), key.mac.size()),
                             OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                             OSSL_PARAM_construct_end()};
  const bool done = EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.cipher.data(), iv, encrypts) == 1 &&
                    EVP_MAC_CTX_set_params(mac, parameters) == 1;
  OPENSSL_cleanse(&key, sizeof key);
  if (!done) return -1;
  return found == TicketKeys::Found::current ? 1 : 2;
}

}  // namespace

base::Result<TlsIdentity> load_tls_identity(const TlsFiles& files) {
  ERR_clear_error();
  for (const std::string& path : {files.certificate, files.key})
    if (const std::string why = unreadable(path); !why.empty()) return bad(path, "cannot be read: " + why + ".");
  TlsContext context = make_context();
  if (SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) != 1)
    return bad(files.certificate, "holds no certificate that can be used (" + openssl_error() + "); PEM is expected.");
  if (SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    const unsigned long code = ERR_peek_error();
    if (ERR_GET_LIB(code) == ERR_LIB_X509 && ERR_GET_REASON(code) == X509_R_KEY_VALUES_MISMATCH)
      return bad(files.key, "is not the key of the certificate in " + files.certificate + ".");
    return bad(files.key, "holds no private key that can be used (" + openssl_error() +
                              "); PEM without a password is expected (openssl pkey -in … -out … takes one off).");
  }
  const WallTime expires = end_of(SSL_CTX_get0_certificate(context.get()));
  return TlsIdentity{std::move(context), expires};
}

TicketKeys::TicketKeys(Loop& loop) : loop_(loop), current_(draw()), previous_(draw()) {
  timer_ = loop_.after(lifetime, [this] { rotate(); });
}

TicketKeys::Key TicketKeys::draw() {
  Key key{};
  CHECK(RAND_bytes(key.name.data(), key.name.size()) == 1 && RAND_bytes(key.cipher.data(), key.cipher.size()) == 1 &&
        RAND_bytes(key.mac.data(), key.mac.size()) == 1);
  return key;
}

void TicketKeys::serve(const TlsContext& context) {
  SSL_CTX_set_app_data(context.get(), this);
  CHECK(SSL_CTX_set_tlsext_ticket_key_evp_cb(context.get(), ticket_key) == 1);
}

void TicketKeys::rotate() {
  const Key fresh = draw();
  {
    std::lock_guard lock(mutex_);
    previous_ = std::exchange(current_, fresh);
  }
  timer_ = loop_.after(lifetime, [this] { rotate(); });
}

TicketKeys::Key TicketKeys::current() const {
  std::lock_guard lock(mutex_);
  return current_;
}

TicketKeys::Found TicketKeys::find(const unsigned char* name, Key& key) const {
  std::lock_guard lock(mutex_);
  const auto is = [name](const Key& each) { return std::memcmp(name, each.name.data(), each.name.size()) == 0; };
  if (is(current_)) return key = current_, Found::current;
  if (is(previous_)) return key = previous_, Found::previous;
  return Found::none;
}

}  // namespace net
