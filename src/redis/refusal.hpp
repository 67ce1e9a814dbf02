// Refusal: what an error reply of Redis means to us. Pure; one table, tested row by row.
#pragma once

#include <string_view>

#include "base/result.hpp"

namespace redis {

struct Refusal {
  base::Error error;
  bool redial = false;  // this server cannot serve us now: leave it and look again, maybe another one answers by then
};

Refusal judge(std::string_view error_text);

}  // namespace redis
