// An offer of permessage-deflate is taken only as it was made: the answer is one that the client must accept, and what
// was agreed on does not change by being offered again. Lines of the input are lines of the header.
#include "base/check.hpp"
#include "ws/extension.hpp"

namespace {

http::Headers headers_of(std::string_view text) {
  http::Headers headers;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    headers.add("Sec-WebSocket-Extensions", text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return headers;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto terms = ws::agree_on_deflate(headers_of(text));
  if (!terms) return 0;
  CHECK(text.find("permessage-deflate") != text.npos);
  CHECK(terms->window_bits >= 8 && terms->window_bits <= 15);
  const bool asked = text.find("server_max_window_bits") != text.npos;
  CHECK(asked || terms->window_bits == 15);

  const auto again = ws::agree_on_deflate(headers_of(terms->answer));
  CHECK(again && again->answer == terms->answer && again->window_bits == terms->window_bits);
  const auto behind = ws::agree_on_deflate(headers_of("x; y=1\n" + std::string(text)));
  CHECK(behind && behind->answer == terms->answer);
  return 0;
}
