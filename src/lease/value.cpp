#include "lease/value.hpp"

#include <charconv>

namespace lease {

std::optional<Fence> fence_of(std::string_view value) {
  const auto bar = value.find('|');
  if (bar == value.npos) return std::nullopt;
  const char *at = value.data() + bar + 1, *end = value.data() + value.size();
  Fence fence;
  const auto epoch = std::from_chars(at, end, fence.epoch);
  if (epoch.ec != std::errc() || epoch.ptr == end || *epoch.ptr != '.') return std::nullopt;
  const auto counter = std::from_chars(epoch.ptr + 1, end, fence.counter);
  if (counter.ec != std::errc() || counter.ptr == end || *counter.ptr != '|') return std::nullopt;
  return fence;
}

}  // namespace lease
