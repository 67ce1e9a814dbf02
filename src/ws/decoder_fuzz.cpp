// What a client sends says the same however it is cut, and keeps to the rules it was judged by.
#include <vector>

#include "base/check.hpp"
#include "base/slices.hpp"
#include "base/utf8.hpp"
#include "ws/decoder.hpp"
#include "ws/deflate.hpp"

namespace {

ws::Rules rules{.message_bytes_max = 1000, .fragments_max = 8};

struct Said {
  ws::Event::Kind kind;
  std::uint16_t code;
  std::string text;
  bool operator==(const Said&) const = default;
};

std::vector<Said> decode(std::string_view stream, std::size_t slice) {
  ws::Decoder decoder;
  std::vector<Said> said;
  base::in_slices(stream, slice, [&](std::string& bytes) {
    std::span<char> rest(bytes);
    for (ws::Event event; (event = decoder.next(rest, rules)).kind != ws::Event::Kind::none;)
      said.push_back({event.kind, event.code, std::string(event.text)});
    CHECK(rest.empty());
    return true;
  });
  return said;
}

void check(std::string_view stream) {
  const auto said = decode(stream, stream.size());
  for (const std::size_t slice : {1u, 7u, 100u}) CHECK(decode(stream, slice) == said);
  for (const Said& each : said) {
    CHECK(each.text.size() <= rules.message_bytes_max);
    CHECK(each.kind != ws::Event::Kind::text || base::is_utf8(each.text));
    CHECK(each.kind != ws::Event::Kind::close || each.code == 1005 || ws::is_close_code(each.code));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  static ws::Inflater inflater;
  const std::string_view stream(reinterpret_cast<const char*>(bytes), size);
  for (ws::Inflater* agreed : {static_cast<ws::Inflater*>(nullptr), &inflater}) {
    rules.inflater = agreed;
    check(stream);
  }
  return 0;
}
