// Address: which Redis, as whom, and which database: what REDIS_URL says.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "net/network.hpp"

namespace redis {

struct Address {
  net::Endpoint endpoint;  // where there are sentinels they name it, and only its TLS is said here
  std::string user;        // empty: the default one
  std::string password;
  unsigned database = 0;

  std::vector<net::Endpoint> sentinels;  // asked in turn where `master` is
  std::string master;
  std::string sentinel_user, sentinel_password;

  std::string to_string() const;  // for the log, without secrets
  // With TLS, by these files (tls_peer.hpp), everywhere that it is spoken.
  void use(const net::TlsPeer& peer);
};

// redis://[[user]:password@]host[:6379][/database], unix://[[user]:password@]/path[?db=n], or
// redis+sentinel://[[user]:password@]host[:26379][,host[:port]…]/master[/database], whose user and password are the
// master's; ?sentinel_user=…&sentinel_password=… are the sentinels'. rediss for the same with TLS, by the system's
// authorities. User and password are percent-encoded. Errors are for the operator and never show the text, which holds
// a password.
base::Result<Address> parse_address(std::string_view url);

}  // namespace redis
