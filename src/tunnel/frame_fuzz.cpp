// Whatever comes over the bus is a frame that keeps its bounds, or nothing.
#include "base/check.hpp"
#include "tunnel/frame.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto frame = tunnel::decode(text);
  if (!frame) return 0;
  CHECK(frame->payload.size() <= tunnel::payload_bytes_max);
  CHECK(tunnel::encode(*frame) == text);
  if (frame->kind == tunnel::Kind::credit)
    CHECK(tunnel::encode_count(tunnel::decode_count(frame->payload)) == frame->payload);
  if (frame->kind == tunnel::Kind::open) CHECK(tunnel::is_name(frame->payload));
  if (frame->kind == tunnel::Kind::here || frame->kind == tunnel::Kind::gone) {
    const auto announcement = tunnel::decode_announcement(frame->payload);
    CHECK(announcement && tunnel::encode(*announcement) == frame->payload);
  }
  return 0;
}
