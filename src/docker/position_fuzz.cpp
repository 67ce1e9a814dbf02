// A position that a client brings is exactly one that was printed, or nothing.
#include <algorithm>
#include <cstring>

#include "base/check.hpp"
#include "docker/position.hpp"

namespace {

// Any position that can be, from bytes that need not mean one.
docker::Position made_of(const unsigned char* bytes, std::size_t size) {
  std::array<unsigned char, 57> raw{};
  std::copy_n(bytes, std::min(size, raw.size()), raw.begin());
  docker::Position position;
  position.head = static_cast<docker::LogStream>(raw[0] & 1);
  std::memcpy(&position.engine, &raw[1], 8);
  std::memcpy(position.container.data(), &raw[9], 16);
  for (std::size_t i = 0; i < 2; ++i) {
    std::memcpy(&position.marks[i].max_ns, &raw[25 + 12 * i], 8);
    std::memcpy(&position.marks[i].count, &raw[33 + 12 * i], 4);
  }
  std::memcpy(&position.stepped_ns, &raw[49], 8);
  if (position.stepped_ns >= position.mark(position.head).max_ns) position.stepped_ns = 0;
  return position;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  if (const auto position = docker::Position::parse(text)) CHECK(position->print() == text);

  const docker::Position made = made_of(bytes, size);
  CHECK(made.print().size() <= 82);
  CHECK(docker::Position::parse(made.print()) == made);
  return 0;
}
