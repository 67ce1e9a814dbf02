// REDIS_URL names one Redis, or is refused without being shown: it may hold a password.
#include <set>

#include "base/check.hpp"
#include "redis/address.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto address = redis::parse_address(text);
  if (!address) {
    static std::set<std::string> messages;
    messages.insert(address.error().message);
    CHECK(messages.size() <= 10);  // they show nothing of the text, so there are only so many
    return 0;
  }
  const bool named = !address->master.empty();
  CHECK(named != address->sentinels.empty());
  const net::Endpoint& at = named ? address->sentinels.back() : address->endpoint;
  CHECK(at.path.empty() != at.host.empty());
  CHECK(!at.path.empty() || at.port != 0);
  return 0;
}
