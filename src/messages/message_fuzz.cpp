// Whatever comes over the bus is a frame that says the same again, or nothing.
#include "base/check.hpp"
#include "messages/message.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  messages::Undecodable why{};
  const auto frame = messages::decode(text, why);
  if (!frame) {
    CHECK(why == messages::Undecodable::malformed || (!text.starts_with("m1 ") && !text.starts_with("t1 ")));
    return 0;
  }
  CHECK(text == (frame->tip ? messages::encode_tip(frame->message.position) : messages::encode(frame->message)));
  return 0;
}
