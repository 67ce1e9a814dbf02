// TlsPeer: that a connection which is dialled speaks TLS, whom it trusts, and by what we are known there. A description
// only: the files are read at the dial, and again when they have changed.
#pragma once

#include <string>

namespace net {

struct TlsPeer {
  bool verify = true;       // the peer's certificate is signed by an authority, and is for the host that was dialled
  std::string authorities;  // PEM file with those that are trusted; empty: the system's
  std::string certificate;  // PEM files of ours, where the peer asks for them; both or neither
  std::string key;

  bool operator==(const TlsPeer&) const = default;
};

}  // namespace net
