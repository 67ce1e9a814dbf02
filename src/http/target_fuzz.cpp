// A target that is taken means one path and one query, and means the same when it is written again.
#include "base/check.hpp"
#include "base/utf8.hpp"
#include "http/target.hpp"

namespace {

std::string written(const http::Target& target) {
  std::string text = "/" + http::percent_encoded(std::string_view(target.path).substr(1));
  char before = '?';
  for (const auto& [name, value] : target.query) {
    text += before + http::percent_encoded(name) + "=" + http::percent_encoded(value);
    before = '&';
  }
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  const std::string_view raw(reinterpret_cast<const char*>(bytes), size);
  CHECK(http::percent_decoded(http::percent_encoded(raw)) == raw);

  const auto target = http::parse_target(raw);
  if (!target) return 0;
  CHECK(target->path.starts_with('/') && base::is_utf8(target->path));
  CHECK((target->path + "/").find("/../") == std::string::npos);
  const auto again = http::parse_target(written(*target));
  CHECK(again && again->path == target->path && again->query.size() == target->query.size());
  for (std::size_t i = 0; i < target->query.size(); ++i) {
    CHECK(again->query[i].name == target->query[i].name && again->query[i].value == target->query[i].value);
  }
  return 0;
}
