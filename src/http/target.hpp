// Target: what a request asks for: a path and its query parameters, percent-decoded exactly once (RFC 3986), so that
// nobody behind it decodes again. What could mean a different path to a different reader is refused here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/refusal.hpp"

namespace http {

struct Parameter {
  std::string name;
  std::string value;
};

struct Target {
  // Begins with '/', valid UTF-8 without control characters, backslashes, "." and ".." segments; "*" for OPTIONS.
  std::string path;
  std::vector<Parameter> query;  // in order; a name may come several times

  std::optional<std::string_view> parameter(std::string_view name) const;  // the first of that name
};

// Of origin-form, "/path?query". A fragment is refused.
OrRefusal<Target> parse_target(std::string_view raw);
// As browsers encode forms: '+' is a space. Names and values are valid UTF-8 without NUL.
OrRefusal<std::vector<Parameter>> parse_query(std::string_view raw);

// Nothing where a '%' is not followed by two hex digits.
std::optional<std::string> percent_decoded(std::string_view text);
// Everything but letters, digits and "-._~" as %XX: fit for a path segment or a query value.
std::string percent_encoded(std::string_view text);

}  // namespace http
