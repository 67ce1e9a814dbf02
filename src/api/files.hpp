// Files: what the server gives away as it is: the page at `/` and what else stands in web/page/. A table that the build
// makes (tools/embed), compiled in: what is not in it cannot be asked for, by whatever path. Immutable; any thread.
#pragma once

#include <string_view>

#include "http/response.hpp"

namespace api {

struct File {
  std::string_view path;  // below the base path, exactly
  std::string_view type;
  std::string_view plain, gzip;          // the content; gzip is empty where it would save little
  std::string_view plain_tag, gzip_tag;  // entity tags, with their quotes: strong, made of the content
  std::string_view policy;               // Content-Security-Policy; empty where it is no page
  bool immutable;                        // its name changes with its content: it may be kept for ever
};

// Nothing where there is none.
const File* find_file(std::string_view path);

// The coding that the client wants most (RFC 9110, 12.5.3); 304 where it has that already; refused with 406 where it
// wants none that there is.
http::OrRefusal<http::Response> give(const File& file, const http::Request& request);

}  // namespace api
