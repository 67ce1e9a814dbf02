// Whatever comes over the bus is a frame that can be sent on as it is, or nothing.
#include "base/check.hpp"
#include "feeds/log_frame.hpp"

namespace {

std::size_t text_bytes(const feeds::LogFrame& frame) {
  std::size_t bytes = 0;
  for (const feeds::LogEntry& entry : frame.entries) bytes += entry.length;
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  const docker::Position identity{.engine = 7};
  feeds::Undecodable why{};
  auto frame = feeds::decode({reinterpret_cast<const char*>(bytes), size}, identity, why);
  if (!frame) return 0;
  CHECK(feeds::sender_of({reinterpret_cast<const char*>(bytes), size}) == frame->sender);
  CHECK(text_bytes(*frame) == frame->text.size());
  CHECK(docker::same_log(frame->prev, identity) && docker::same_log(frame->position, identity));

  const std::string sent = feeds::encode(*frame);
  const auto again = feeds::decode(sent, identity, why);
  CHECK(again && feeds::encode(*again) == sent);

  docker::Standpoint at(frame->prev);
  feeds::take(at, *frame);
  const auto half = frame->entries.empty() ? frame->prev.marks : std::array{frame->entries[0].mark, docker::Mark{}};
  const std::size_t entries = frame->entries.size();
  CHECK(feeds::drop_known(*frame, half) == !frame->entries.empty());
  CHECK(frame->entries.size() <= entries && text_bytes(*frame) == frame->text.size());
  return 0;
}
