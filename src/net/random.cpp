#include "net/random.hpp"

#include <sys/random.h>

#include <bit>

#include "base/check.hpp"

namespace net {

Random::Random(std::uint64_t seed) {
  for (auto& word : state_) {  // splitmix64, as the generator's authors advise for seeding
    seed += 0x9e3779b97f4a7c15;
    std::uint64_t mixed = seed;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    word = mixed ^ (mixed >> 31);
  }
}

std::uint64_t Random::next() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::uint64_t Random::below(std::uint64_t bound) {
  CHECK(bound > 0);
  const std::uint64_t skip = (0 - bound) % bound;  // so that every residue is equally likely
  for (;;) {
    if (const std::uint64_t drawn = next(); drawn >= skip) return drawn % bound;
  }
}

double Random::unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

namespace {
thread_local Random* simulated_secrets = nullptr;
}

void draw_secrets_from(Random* random) { simulated_secrets = random; }

std::string secret_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  if (simulated_secrets != nullptr) {
    for (char& byte : bytes) byte = static_cast<char>(simulated_secrets->below(256));
    return bytes;
  }
  CHECK(count <= 256);  // larger requests may come back short
  CHECK(getrandom(bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(count));
  return bytes;
}

}  // namespace net
