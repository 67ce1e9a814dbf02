// Whatever comes over the bus about an Engine is read as it would be written, or not at all.
#include "feeds/engine_news.hpp"

#include "base/check.hpp"
#include "feeds/shared_frame.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  feeds::Undecodable why{};
  const auto frame = feeds::decode_shared(text, why);
  if (!frame) return 0;
  const std::string again = feeds::encode(*frame);
  const auto same = feeds::decode_shared(again, why);
  CHECK(same && same->kind == frame->kind && same->fence == frame->fence && same->body == frame->body);
  if (frame->kind == feeds::SharedFrame::Kind::wish) {
    if (const auto wish = feeds::decode_wish(frame->body)) {
      const auto read = feeds::decode_wish(feeds::encode(*wish));
      CHECK(read && read->events == wish->events && read->picture == wish->picture);
    }
  } else if (const auto news = feeds::decode_news(frame->body)) {
    const std::string written = feeds::encode(*news);
    const auto read = feeds::decode_news(written);
    CHECK(read && feeds::encode(*read) == written);
  }
  return 0;
}
