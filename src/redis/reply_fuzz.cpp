// Whatever a Redis sends, cut anywhere, is read or refused.
#include "redis/reply.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t step = bytes[0] + 1u;
  std::string_view rest(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  redis::ReplyReader reader(4096);
  while (!rest.empty()) {
    if (!reader.feed(rest.substr(0, step))) return 0;
    rest.remove_prefix(std::min(step, rest.size()));
    for (;;) {
      const auto reply = reader.next();
      if (!reply) return 0;
      if (!*reply) break;
    }
  }
  return 0;
}
