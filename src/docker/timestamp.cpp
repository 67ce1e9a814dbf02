#include "docker/timestamp.hpp"

#include <array>
#include <cstdio>

namespace docker {
namespace {

using namespace std::chrono;

// Takes exactly `count` digits from the front of `text`; -1 where they are not there.
int take_number(std::string_view& text, std::size_t count) {
  if (text.size() < count) return -1;
  int number = 0;
  for (const char c : text.substr(0, count)) {
    if (c < '0' || c > '9') return -1;
    number = number * 10 + (c - '0');
  }
  text.remove_prefix(count);
  return number;
}

bool take(std::string_view& text, char wanted) {
  if (text.empty() || text.front() != wanted) return false;
  text.remove_prefix(1);
  return true;
}

// ".123" → 123'000'000; digits beyond the ninth are dropped. -1 where none follows the point.
int take_fraction(std::string_view& text) {
  if (!take(text, '.')) return 0;
  int nanoseconds = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits)
    if (digits < 9) nanoseconds = nanoseconds * 10 + (text[digits] - '0');
  if (digits == 0) return -1;
  text.remove_prefix(digits);
  for (; digits < 9; ++digits) nanoseconds *= 10;
  return nanoseconds;
}

void put_number(std::string& text, std::size_t at, std::size_t digits, std::int64_t number) {
  auto rest = static_cast<std::uint32_t>(number);
  for (std::size_t i = at + digits; i-- > at; rest /= 10) text[i] = static_cast<char>('0' + rest % 10);
}

std::optional<minutes> take_offset(std::string_view& text) {
  if (take(text, 'Z')) return minutes(0);
  const int sign = take(text, '-') ? -1 : take(text, '+') ? 1 : 0;
  const int hour = take_number(text, 2);
  const bool colon = take(text, ':');
  const int minute = take_number(text, 2);
  if (sign == 0 || hour < 0 || hour > 23 || !colon || minute < 0 || minute > 59) return std::nullopt;
  return sign * minutes(hour * 60 + minute);
}

}  // namespace

std::optional<net::WallTime> parse_time(std::string_view text) {
  const int year_number = take_number(text, 4);
  bool well_formed = take(text, '-');
  const int month_number = take_number(text, 2);
  well_formed &= take(text, '-');
  const int day_number = take_number(text, 2);
  well_formed &= take(text, 'T');
  const int hour = take_number(text, 2);
  well_formed &= take(text, ':');
  const int minute = take_number(text, 2);
  well_formed &= take(text, ':');
  const int second = take_number(text, 2);
  const int fraction = take_fraction(text);
  const auto offset = take_offset(text);
  if (!well_formed || !offset || !text.empty() || fraction < 0) return std::nullopt;

  // 1678 to 2261 is what fits whole; a leap second's :60 is the next minute's :00.
  if (year_number < 1678 || year_number > 2261 || month_number < 0 || day_number < 0) return std::nullopt;
  const year_month_day date{year(year_number), month(static_cast<unsigned>(month_number)),
                            day(static_cast<unsigned>(day_number))};
  if (!date.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
    return std::nullopt;
  return net::WallTime(sys_days(date) + hours(hour) + minutes(minute) - *offset + seconds(second) +
                       nanoseconds(fraction));
}

// For every line that is sent, so by hand. All years that fit have four digits.
std::string format_time(net::WallTime time) {
  const auto days_part = floor<days>(time);
  const year_month_day date(days_part);
  const hh_mm_ss clock(time - days_part);
  std::string text = "0000-00-00T00:00:00.000000000Z";
  put_number(text, 0, 4, int(date.year()));
  put_number(text, 5, 2, unsigned(date.month()));
  put_number(text, 8, 2, unsigned(date.day()));
  put_number(text, 11, 2, clock.hours().count());
  put_number(text, 14, 2, clock.minutes().count());
  put_number(text, 17, 2, clock.seconds().count());
  put_number(text, 20, 9, clock.subseconds().count());
  return text;
}

std::string seconds_parameter(net::WallTime time) {
  const auto whole = floor<seconds>(time);
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), "%lld.%09d",
                                 static_cast<long long>(whole.time_since_epoch().count()), int((time - whole).count()));
  return {text.data(), static_cast<std::size_t>(size)};
}

}  // namespace docker
