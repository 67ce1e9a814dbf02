// Random: chance from one seeded place (xoshiro256**), so that a simulation replays. Real loops seed it from the
// kernel. Not for secrets: those come from secret_bytes().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace net {

class Random {
 public:
  explicit Random(std::uint64_t seed);
  std::uint64_t next();
  std::uint64_t below(std::uint64_t bound);  // uniform in [0, bound); bound > 0
  double unit();                             // uniform in [0, 1)
  bool chance(double probability) { return unit() < probability; }

 private:
  std::array<std::uint64_t, 4> state_;
};

// From the kernel; for tokens, session ids and seeds.
std::string secret_bytes(std::size_t count);
// For the simulated net: the secrets of this thread come from there, so that they replay; null: from the kernel again.
void draw_secrets_from(Random* random);

}  // namespace net
