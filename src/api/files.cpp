#include "api/files.hpp"

#include <algorithm>
#include <span>

#include "http/coding.hpp"
#include "http/entity_tag.hpp"

namespace api {

extern const std::span<const File> embedded_files;  // made by the build, in the order of their paths

const File* find_file(std::string_view path) {
  const auto found = std::lower_bound(embedded_files.begin(), embedded_files.end(), path,
                                      [](const File& file, std::string_view wanted) { return file.path < wanted; });
  return found != embedded_files.end() && found->path == path ? &*found : nullptr;
}

http::OrRefusal<http::Response> give(const File& file, const http::Request& request) {
  const int gzip = file.gzip.empty() ? 0 : http::coding_weight(request.headers, "gzip");
  const int plain = http::coding_weight(request.headers, "identity");
  if (gzip == 0 && plain == 0) {
    return http::Refusal{406,
                         "unsupported",
                         "Accept-Encoding rules out every form of this: allow gzip or identity.",
                         {{"Vary", "Accept-Encoding"}}};
  }
  const bool squeezed = gzip >= plain;
  const std::string_view tag = squeezed ? file.gzip_tag : file.plain_tag;
  http::Response response;
  const auto add = [&response](std::string_view name, std::string_view value) { response.headers.add(name, value); };
  add("ETag", tag);
  add("Vary", "Accept-Encoding");
  add("Cache-Control", file.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  add("X-Content-Type-Options", "nosniff");
  if (!file.policy.empty()) {
    add("Content-Security-Policy", file.policy);
    add("Referrer-Policy", "no-referrer");
  }
  if (http::none_match_fails(request.headers, tag)) {
    response.status = 304;
    return response;
  }
  add("Content-Type", file.type);
  if (squeezed) add("Content-Encoding", "gzip");
  response.body = squeezed ? file.gzip : file.plain;
  return response;
}

}  // namespace api
