#include "app/setting.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "api/log_options.hpp"

namespace app {
namespace {

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

using Unit = std::pair<std::string_view, std::uint64_t>;
constexpr std::array<Unit, 4> size_units = {{{"GiB", 1ull << 30}, {"MiB", 1ull << 20}, {"KiB", 1ull << 10}, {"B", 1}}};
constexpr std::array<Unit, 4> duration_units = {
    {{"h", 3'600'000'000'000}, {"m", 60'000'000'000}, {"s", 1'000'000'000}, {"ms", 1'000'000}}};

// In the largest unit that leaves no fraction.
std::string in_units(std::uint64_t count, const std::array<Unit, 4>& units) {
  if (count == 0) return "0";
  for (const auto& [name, worth] : units)
    if (count % worth == 0) return std::to_string(count / worth) + std::string(name);
  return std::to_string(count);
}

std::optional<std::uint64_t> size_of(std::string_view text) {
  for (const auto& [name, worth] : size_units) {
    if (!text.ends_with(name)) continue;
    const auto count = whole_number(text.substr(0, text.size() - name.size()));
    if (!count || *count > UINT64_MAX / worth) return std::nullopt;
    return *count * worth;
  }
  return whole_number(text);
}

std::vector<std::string> items_of(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    std::string_view item = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    if (!item.empty()) items.emplace_back(item);
  }
  return items;
}

}  // namespace

std::string Setting::key() const {
  std::string key(name.starts_with("DOCKCAST_") ? name.substr(9) : name);
  for (char& letter : key)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  return key;
}

std::string Setting::flag() const {
  if (secret == Secret::whole) return {};
  std::string flag = "--" + key();
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

const Setting* find_setting(std::string_view name) {
  const auto& table = settings_table();
  const auto found = std::find_if(table.begin(), table.end(), [name](const Setting& row) { return row.name == name; });
  return found == table.end() ? nullptr : &*found;
}

Meaning text(Place<std::string> place, std::string allowed, Accepts accepts) {
  auto take = [place = std::move(place), accepts](Settings& settings, const std::string& text) {
    if (!accepts(text)) return false;
    place(settings) = text;
    return true;
  };
  return {Meaning::Kind::text, std::move(allowed), std::move(take)};
}

Meaning list(Place<std::vector<std::string>> place, std::string allowed, Accepts accepts) {
  auto take = [place = std::move(place), accepts](Settings& settings, const std::string& text) {
    std::vector<std::string> items = items_of(text);
    if (!std::all_of(items.begin(), items.end(), accepts)) return false;
    place(settings) = std::move(items);
    return true;
  };
  return {Meaning::Kind::list, std::move(allowed), std::move(take)};
}

Meaning message_rules(Place<messages::Rules> place) {
  auto take = [place = std::move(place)](Settings& settings, const std::string& text) {
    messages::Rules rules;
    for (const std::string& each : items_of(text)) {
      auto rule = messages::Rules::parse(each);
      if (!rule) return false;
      rules.add(std::move(*rule));
    }
    place(settings) = std::move(rules);
    return true;
  };
  return {Meaning::Kind::list, "rules such as chat:*=5000/24h/16KiB", std::move(take)};
}

Meaning boolean(Place<bool> place) {
  auto take = [place = std::move(place)](Settings& settings, const std::string& text) {
    if (text != "true" && text != "false") return false;
    place(settings) = text == "true";
    return true;
  };
  return {Meaning::Kind::boolean, "true or false", std::move(take)};
}

Meaning duration(Place<net::Duration> place, net::Duration least, net::Duration most) {
  const auto word = [](net::Duration bound) {
    return in_units(static_cast<std::uint64_t>(bound.count()), duration_units);
  };
  auto take = [place = std::move(place), least, most](Settings& settings, const std::string& text) {
    const auto value = api::parse_duration(text);
    if (!value || *value < least || *value > most) return false;
    place(settings) = *value;
    return true;
  };
  return {Meaning::Kind::text, "a duration from " + word(least) + " to " + word(most) + ", such as 1m30s",
          std::move(take)};
}

Meaning size(Place<std::size_t> place, std::size_t least, std::size_t most) {
  auto take = [place = std::move(place), least, most](Settings& settings, const std::string& text) {
    const auto value = size_of(text);
    if (!value || *value < least || *value > most) return false;
    place(settings) = *value;
    return true;
  };
  return {Meaning::Kind::text, "a size from " + in_units(least, size_units) + " to " + in_units(most, size_units),
          std::move(take)};
}

template <class Number>
Meaning number(Place<Number> place, std::type_identity_t<Number> least, std::type_identity_t<Number> most) {
  auto take = [place = std::move(place), least, most](Settings& settings, const std::string& text) {
    const auto value = whole_number(text);
    if (!value || *value < least || *value > most) return false;
    place(settings) = static_cast<Number>(*value);
    return true;
  };
  return {Meaning::Kind::number, "a number from " + std::to_string(least) + " to " + std::to_string(most),
          std::move(take)};
}
template Meaning number(Place<std::uint16_t>, std::uint16_t, std::uint16_t);
template Meaning number(Place<std::uint32_t>, std::uint32_t, std::uint32_t);
template Meaning number(Place<std::size_t>, std::size_t, std::size_t);

}  // namespace app
