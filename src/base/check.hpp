// CHECK: a programmer's mistake ends the process, in release too. Never reachable from input.
#pragma once

namespace base {

[[noreturn]] void check_failed(const char* expression, const char* file, int line);

}  // namespace base

#define CHECK(expression) \
  (static_cast<bool>(expression) ? void(0) : ::base::check_failed(#expression, __FILE__, __LINE__))
