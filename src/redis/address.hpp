// Address: which Redis, as whom, and which database: what REDIS_URL says.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "net/network.hpp"

namespace redis {

struct Address {
  net::Endpoint endpoint;
  std::string user;  // empty: the default one
  std::string password;
  unsigned database = 0;
};

// redis://[[user]:password@]host[:6379][/database], rediss:// for the same with TLS, verified by the system's
// authorities, or unix://[[user]:password@]/path[?db=n]; user and password
// percent-encoded. Errors are for the operator and never show the text, which holds a password.
base::Result<Address> parse_address(std::string_view url);

}  // namespace redis
