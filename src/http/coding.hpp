// Content codings: what a client takes of a body that is kept in several codings (RFC 9110, 12.5.3). Pure functions.
#pragma once

#include <string_view>

#include "http/headers.hpp"

namespace http {

// Accept-Encoding says, in thousandths, how much the client wants an answer in this coding; 0: not at all. Without the
// header only `identity` is wanted: some clients know no other and say nothing. Elements with a broken weight do not
// count.
int coding_weight(const Headers& request, std::string_view coding);

}  // namespace http
