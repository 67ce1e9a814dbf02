// Counts of durations in log-linear buckets: 16 per power of two, so that a percentile is at most 6 % off.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace bench {

class Histogram {
 public:
  void add(int64_t value) {
    ++counts_[bucket(value < 0 ? 0 : static_cast<uint64_t>(value))];
    ++total_;
  }

  // The upper edge of the bucket below which `share` of all values lie; 0 if there are none.
  uint64_t percentile(double share) const {
    auto wanted = static_cast<uint64_t>(static_cast<double>(total_) * share);
    uint64_t seen = 0;
    for (size_t index = 0; index < counts_.size(); ++index) {
      seen += counts_[index];
      if (seen > wanted) return edge(index);
    }
    return 0;
  }

 private:
  static constexpr int fine_bits = 4;

  static size_t bucket(uint64_t value) {
    if (value < (1U << fine_bits)) return value;
    int shift = std::bit_width(value) - 1 - fine_bits;
    return (static_cast<size_t>(shift) << fine_bits) + (value >> shift);
  }

  static uint64_t edge(size_t index) {
    if (index < (2U << fine_bits)) return index;
    size_t shift = (index >> fine_bits) - 1;
    return (((index & ((1U << fine_bits) - 1)) + (1U << fine_bits) + 1) << shift) - 1;
  }

  std::array<uint64_t, 64 << fine_bits> counts_{};
  uint64_t total_ = 0;
};

}  // namespace bench
