#include "messages/store.hpp"

#include <algorithm>

#include "bus/bus.hpp"

namespace messages {
namespace {

using base::Error;
using base::Fault;

constexpr std::size_t around_texts = 256;  // of a frame: its first line, and the lengths
constexpr std::size_t messages_most = 10'000, bytes_most = 16 << 20;

}  // namespace

base::Result<void> judge(std::string_view channel) {
  if (channel.find_first_of("{}") == channel.npos) return {};
  return Error{Fault::bad_request, "The name of a channel has no braces"};
}

base::Result<void> judge(const Publication& publication) {
  const std::size_t bytes = publication.message_id.size() + publication.from.size() + publication.data.size();
  if (bytes + around_texts > bus::frame_bytes_max)
    return Error{Fault::too_large, "A message of " + std::to_string(bytes) + " bytes is too large for the bus"};
  return judge(publication.channel);
}

Range bounded(Range range) {
  range.messages_max = std::min(range.messages_max, messages_most);
  range.bytes_max = std::clamp<std::size_t>(range.bytes_max, 1, bytes_most);
  return range;
}

}  // namespace messages
