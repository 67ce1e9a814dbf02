// JSON text from bytes nobody vouches for: what a container prints, a name, an error. Every byte that is not part of
// valid UTF-8 becomes U+FFFD, control characters are escaped, so that the result is valid inside any JSON string.
#pragma once

#include <string>
#include <string_view>

namespace base {

// Appends the escaped text, without quotes.
void append_json_text(std::string& out, std::string_view raw);

// The same between quotes.
void append_json_string(std::string& out, std::string_view raw);
std::string json_string(std::string_view raw);

}  // namespace base
