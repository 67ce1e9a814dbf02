// Entity tags: does the client have what it asks for already (RFC 9110, 8.8.3 and 13.1.2)? Pure functions.
#pragma once

#include <string_view>

#include "http/headers.hpp"

namespace http {

// If-None-Match names `tag`, which has its quotes, by the weak comparison, or is `*`: the answer is 304. What follows
// something that is no entity tag does not count.
bool none_match_fails(const Headers& request, std::string_view tag);

}  // namespace http
