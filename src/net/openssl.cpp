#include "net/openssl.hpp"

#include <cerrno>
#include <fstream>
#include <system_error>

#include "base/check.hpp"

namespace net {

namespace {

int answer(BIO* bio, const Transfer& transfer, int retry) {
  BIO_clear_retry_flags(bio);
  switch (transfer.state) {
    case Transfer::State::done:
      return static_cast<int>(transfer.bytes);
    case Transfer::State::would_block:
      BIO_set_flags(bio, retry | BIO_FLAGS_SHOULD_RETRY);
      return -1;
    case Transfer::State::end:
      return 0;
    case Transfer::State::failed:
      break;
  }
  return -1;
}

TlsWire& wire_of(BIO* bio) { return *static_cast<TlsWire*>(BIO_get_data(bio)); }

int read_bio(BIO* bio, char* into, int bytes) {
  TlsWire& wire = wire_of(bio);
  const Transfer transfer = wire.read_wire({into, static_cast<std::size_t>(bytes)});
  wire.ended = transfer.state == Transfer::State::end;
  return answer(bio, transfer, BIO_FLAGS_READ);
}

int write_bio(BIO* bio, const char* from, int bytes) {
  return answer(bio, wire_of(bio).write_wire({from, static_cast<std::size_t>(bytes)}), BIO_FLAGS_WRITE);
}

long control_bio(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return wire_of(bio).ended ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* make_method() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "dockcast wire");
  CHECK(method != nullptr);
  BIO_meth_set_read(method, read_bio);
  BIO_meth_set_write(method, write_bio);
  BIO_meth_set_ctrl(method, control_bio);
  return method;
}

}  // namespace

Bio make_bio(TlsWire& wire) {
  static BIO_METHOD* const method = make_method();
  Bio bio(BIO_new(method));
  CHECK(bio != nullptr);
  BIO_set_data(bio.get(), &wire);
  BIO_set_init(bio.get(), 1);
  return bio;
}

void speak_through(SSL& ssl, BIO& bio) {
  BIO_up_ref(&bio);
  SSL_set_bio(&ssl, &bio, &bio);
}

std::string openssl_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "the connection ended";
  if (ERR_SYSTEM_ERROR(code)) return std::system_category().message(ERR_GET_REASON(code));
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "OpenSSL's error " + std::to_string(code);
}

std::string unreadable(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (file && file.peek() != std::ifstream::traits_type::eof()) return {};
  return errno != 0 ? std::system_category().message(errno) : "it is empty";
}

}  // namespace net
