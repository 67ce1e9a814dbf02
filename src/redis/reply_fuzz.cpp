// Whatever a Redis sends is read or refused, however it is cut; what we send is read as it was meant.
#include "base/check.hpp"
#include "base/slices.hpp"
#include "redis/reply.hpp"

namespace {

constexpr std::size_t bytes_max = 4096;

void print(std::string& out, const redis::Reply& reply) {
  out += std::to_string(static_cast<int>(reply.kind)) + " " + std::to_string(reply.integer) + " " + reply.text + "\n";
  for (const redis::Reply& item : reply.items) print(out, item);
}

std::string read(std::string_view stream, std::size_t slice) {
  redis::ReplyReader reader(bytes_max);
  std::string heard;
  base::in_slices(stream, slice, [&](const std::string& bytes) {
    if (!reader.feed(bytes)) return false;
    for (;;) {
      const auto reply = reader.next();
      if (!reply) heard += "fault";
      if (!reply || !*reply) return reply.has_value();
      print(heard, **reply);
    }
  });
  return heard;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  const std::string_view stream(reinterpret_cast<const char*>(bytes), std::min(size, bytes_max));
  const std::string heard = read(stream, bytes_max);
  for (const std::size_t slice : {1u, 7u, 100u}) CHECK(read(stream, slice) == heard);

  const std::string_view parts[] = {"PUBLISH", stream.substr(0, 9), stream.substr(std::min<std::size_t>(9, size))};
  std::string command;
  redis::append_command(command, parts);
  redis::ReplyReader reader(2 * bytes_max);
  CHECK(reader.feed(command));
  const auto read_back = reader.next();
  CHECK(read_back && *read_back && (*read_back)->items.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK((*read_back)->items[i].text == parts[i]);
  return 0;
}
