#include "docker/stats.hpp"

#include "docker/json_fields.hpp"
#include "docker/timestamp.hpp"

namespace docker {
namespace {

namespace json = boost::json;

std::uint64_t count_at(const json::value& value, std::initializer_list<std::string_view> keys) {
  const auto* found = field(value, keys);
  if (found == nullptr) return 0;
  boost::system::error_code error;
  const auto number = found->to_number<std::uint64_t>(error);
  return error ? 0 : number;
}

double percent(double part, double whole) { return whole > 0 && part > 0 ? part / whole * 100 : 0; }

// Of all cores, times their number. A restart makes the difference negative: 0 then.
double cpu_percent(const json::value& frame) {
  const auto difference = [&frame](std::initializer_list<std::string_view> now,
                                   std::initializer_list<std::string_view> before) {
    return static_cast<double>(count_at(frame, now)) - static_cast<double>(count_at(frame, before));
  };
  const double used =
      difference({"cpu_stats", "cpu_usage", "total_usage"}, {"precpu_stats", "cpu_usage", "total_usage"});
  const double system = difference({"cpu_stats", "system_cpu_usage"}, {"precpu_stats", "system_cpu_usage"});
  auto cores = static_cast<double>(count_at(frame, {"cpu_stats", "online_cpus"}));
  if (cores == 0) {
    const auto* each = field(frame, {"cpu_stats", "cpu_usage", "percpu_usage"});
    cores = each != nullptr && each->is_array() ? static_cast<double>(each->as_array().size()) : 1;
  }
  return percent(used, system) * cores;
}

// Without the inactive file pages: cgroup v1 calls them total_inactive_file, v2 inactive_file.
std::uint64_t memory_used(const json::value& frame) {
  const std::uint64_t usage = count_at(frame, {"memory_stats", "usage"});
  for (const char* name : {"total_inactive_file", "inactive_file"}) {
    if (field(frame, {"memory_stats", "stats", name}) == nullptr) continue;
    const std::uint64_t inactive = count_at(frame, {"memory_stats", "stats", name});
    return inactive < usage ? usage - inactive : usage;
  }
  return usage;
}

void add_networks(Stats& stats, const json::value& frame) {
  const auto* networks = field(frame, {"networks"});
  if (networks == nullptr || !networks->is_object()) return;
  for (const auto& [name, network] : networks->as_object()) {
    stats.network_rx_bytes += count_at(network, {"rx_bytes"});
    stats.network_tx_bytes += count_at(network, {"tx_bytes"});
  }
}

void add_blocks(Stats& stats, const json::value& frame) {
  const auto* entries = field(frame, {"blkio_stats", "io_service_bytes_recursive"});
  if (entries == nullptr || !entries->is_array()) return;
  for (const auto& entry : entries->as_array()) {
    const std::string op = string_field(entry, {"op"});
    if (op.starts_with('r') || op.starts_with('R')) stats.block_read_bytes += count_at(entry, {"value"});
    if (op.starts_with('w') || op.starts_with('W')) stats.block_write_bytes += count_at(entry, {"value"});
  }
}

}  // namespace

std::optional<Stats> parse_stats(std::string_view text) {
  const auto value = parse_engine_json(text);
  if (!value) return std::nullopt;
  const auto time = parse_time(string_field(*value, {"read"}));
  // Where nothing runs `read` is Go's zero time; in the first frame of a run the one before is.
  if (!time || *time <= net::WallTime{}) return std::nullopt;
  if (count_at(*value, {"precpu_stats", "system_cpu_usage"}) == 0) return std::nullopt;
  Stats stats;
  stats.time = *time;
  stats.cpu_percent = cpu_percent(*value);
  stats.memory_bytes = memory_used(*value);
  stats.memory_limit_bytes = count_at(*value, {"memory_stats", "limit"});
  stats.memory_percent =
      percent(static_cast<double>(stats.memory_bytes), static_cast<double>(stats.memory_limit_bytes));
  stats.pids = count_at(*value, {"pids_stats", "current"});
  add_networks(stats, *value);
  add_blocks(stats, *value);
  return stats;
}

net::Task<base::Result<Stats>> StatsStream::next() {
  for (;;) {
    auto line = co_await lines_.next();
    if (!line) co_return line.error();
    if (auto stats = parse_stats(*line)) co_return *stats;
  }
}

}  // namespace docker
