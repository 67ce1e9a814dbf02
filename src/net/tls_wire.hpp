// TlsWire: where OpenSSL reads and writes ciphertext; an interface, so that headers need none of OpenSSL's own.
#pragma once

#include <span>
#include <string_view>

#include "net/client_sockets.hpp"

namespace net {

class TlsWire {
 public:
  virtual Transfer read_wire(std::span<char> into) = 0;
  virtual Transfer write_wire(std::string_view bytes) = 0;  // would_block only where nothing was taken

  bool ended = false;  // the last read_wire() met the end

 protected:
  ~TlsWire() = default;
};

}  // namespace net
