// Script: a Lua file of ours, embedded at build time (cmake/lua.cmake), called by its hash.
#pragma once

#include <string_view>

namespace redis {

struct Script {
  std::string_view name;  // "lease/take"
  std::string_view sha1;
  std::string_view text;
};

}  // namespace redis
