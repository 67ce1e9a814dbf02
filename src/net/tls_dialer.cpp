#include "net/tls_dialer.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "net/file_stamp.hpp"
#include "net/openssl.hpp"
#include "net/tls_stream.hpp"

namespace net {

namespace {

using Context = std::shared_ptr<ssl_ctx_st>;

base::Error bad(const std::string& path, const std::string& what) {
  return {base::Fault::bad_request, path + " " + what};
}

int no_password(char*, int, int, void*) { return 0; }

base::Result<void> trust(SSL_CTX& context, const TlsPeer& peer) {
  SSL_CTX_set_verify(&context, peer.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (!peer.verify) return base::Result<void>();
  if (peer.authorities.empty()) {
    CHECK(SSL_CTX_set_default_verify_paths(&context) == 1);
    return base::Result<void>();
  }
  if (const std::string why = unreadable(peer.authorities); !why.empty())
    return bad(peer.authorities, "cannot be read: " + why + "; it says which authorities are trusted.");
  if (SSL_CTX_load_verify_file(&context, peer.authorities.c_str()) != 1)
    return bad(peer.authorities, "holds no certificate of an authority (" + openssl_error() + "); PEM is expected.");
  return base::Result<void>();
}

base::Result<void> introduce(SSL_CTX& context, const TlsPeer& peer) {
  if (peer.certificate.empty()) return base::Result<void>();
  for (const std::string& path : {peer.certificate, peer.key})
    if (const std::string why = unreadable(path); !why.empty()) return bad(path, "cannot be read: " + why + ".");
  if (SSL_CTX_use_certificate_chain_file(&context, peer.certificate.c_str()) != 1)
    return bad(peer.certificate, "holds no certificate that can be used (" + openssl_error() + "); PEM is expected.");
  if (SSL_CTX_use_PrivateKey_file(&context, peer.key.c_str(), SSL_FILETYPE_PEM) != 1)
    return bad(peer.key, "holds no key that fits the certificate " + peer.certificate + " (" + openssl_error() +
                             "); PEM without a password is expected.");
  return base::Result<void>();
}

base::Result<Context> make_context(const TlsPeer& peer) {
  ERR_clear_error();
  Context context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  CHECK(context != nullptr && SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) == 1);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
  SSL_CTX_set_read_ahead(context.get(), 1);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_default_passwd_cb(context.get(), no_password);
  auto done = trust(*context, peer);
  if (done) done = introduce(*context, peer);
  if (!done) return done.error();
  return context;
}

// Whom the certificate must be for: an address, or a name, which is also what the peer is asked for (SNI).
void name(SSL& ssl, const std::string& host) {
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(&ssl), host.c_str()) == 1) return;
  ERR_clear_error();
  SSL_set1_host(&ssl, host.c_str());
  SSL_set_tlsext_host_name(&ssl, host.c_str());
}

base::Error explain(const SSL& ssl, const Endpoint& endpoint, const base::Error& error) {
  const std::string who = endpoint.to_string();
  const long verdict = SSL_get_verify_result(&ssl);
  if (!endpoint.tls->verify || verdict == X509_V_OK)
    return {error.fault, "No TLS with " + who + ": " + error.message + "."};
  const std::string why =
      std::string("The certificate of ") + who + " is not trusted: " + X509_verify_cert_error_string(verdict) + ". ";
  if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH)
    return {base::Fault::forbidden, why + "Its subjectAltName must have " + endpoint.host + "."};
  const std::string& file = endpoint.tls->authorities;
  return {base::Fault::forbidden,
          why + "Who signed it must be in " + (file.empty() ? "the system's store of authorities" : file) + "."};
}

}  // namespace

base::Result<Context> TlsDialer::context_for(const TlsPeer& peer) {
  const std::string stamps = file_stamp(peer.authorities) + file_stamp(peer.certificate) + file_stamp(peer.key);
  const auto known = std::find_if(remembered_.begin(), remembered_.end(),
                                  [&peer](const Remembered& each) { return each.peer == peer; });
  if (known != remembered_.end() && known->stamps == stamps) return known->context;
  if (known != remembered_.end()) remembered_.erase(known);
  auto context = make_context(peer);
  if (!context) return context.error();
  if (remembered_.size() == remembered_max) remembered_.erase(remembered_.begin());
  remembered_.push_back({peer, stamps, *context});
  return *context;
}

Task<base::Result<std::unique_ptr<Stream>>> TlsDialer::secure(Socket socket, Endpoint endpoint) {
  CHECK(endpoint.tls);
  auto context = context_for(*endpoint.tls);
  if (!context) co_return context.error();
  const std::shared_ptr<ssl_st> ssl(SSL_new(context->get()), SSL_free);
  CHECK(ssl != nullptr);
  SSL_set_connect_state(ssl.get());
  name(*ssl, endpoint.host);
  auto stream = std::make_unique<TlsStream>(loop_, std::move(socket), ssl);
  const auto shaken = co_await stream->shake_hands();
  if (!shaken) co_return explain(*ssl, endpoint, shaken.error());
  co_return std::unique_ptr<Stream>(std::move(stream));
}

}  // namespace net
