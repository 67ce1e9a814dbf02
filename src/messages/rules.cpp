#include "messages/rules.hpp"

#include <charconv>

namespace messages {
namespace {

// "24h", "90s", "64KiB", "5000": a number and what follows it, which is one of the units.
template <class Units>
std::optional<std::uint64_t> number(std::string_view text, const Units& units) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value == 0) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const auto& [name, factor] : units)
    if (name == unit && value <= UINT64_MAX / factor) return value * factor;
  return std::nullopt;
}

using Unit = std::pair<std::string_view, std::uint64_t>;
constexpr Unit plain[] = {{"", 1}};
constexpr Unit seconds[] = {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86'400}};
constexpr Unit bytes[] = {{"", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}};

constexpr std::uint64_t messages_max = 1'000'000, age_max = 366 * 86'400, bytes_max = 1 << 20;

bool fits(std::string_view name, std::string_view pattern) {
  if (!pattern.ends_with('*')) return name == pattern;
  pattern.remove_suffix(1);
  return name.starts_with(pattern);
}

}  // namespace

std::optional<Rule> Rules::parse(std::string_view text) {
  const auto equals = text.rfind('=');
  if (equals == text.npos || equals == 0) return std::nullopt;
  Rule rule;
  rule.pattern = text.substr(0, equals);
  const std::string_view rest = text.substr(equals + 1);
  const auto slash = rest.find('/');
  if (slash == rest.npos) return std::nullopt;
  const auto second = rest.find('/', slash + 1);
  const auto count = number(rest.substr(0, slash), plain);
  const auto age = number(rest.substr(slash + 1, second == rest.npos ? second : second - slash - 1), seconds);
  if (!count || !age || *count > messages_max || *age > age_max) return std::nullopt;
  rule.limits.messages = *count;
  rule.limits.age = std::chrono::seconds(*age);
  if (second == rest.npos) return rule;
  const auto size = number(rest.substr(second + 1), bytes);
  if (!size || *size > bytes_max) return std::nullopt;
  rule.message_bytes = *size;
  return rule;
}

const Rule& Rules::of(std::string_view channel) const {
  static const Rule otherwise;
  if (channel.starts_with("app:")) channel.remove_prefix(4);
  for (const Rule& each : rules_)
    if (fits(channel, each.pattern)) return each;
  return otherwise;
}

}  // namespace messages
