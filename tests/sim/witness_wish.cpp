// Witness, what was asked for: does the subscription begin where `tail` and `since` say? Together: what both allow.
//
// A line counts where it ends, and its place among the other stream's is known as far as the records of the two do not
// mingle. Behind a step of the clock a time is no place.
#include <algorithm>

#include "sim/witness.hpp"

namespace sim {
namespace {

using docker::LogStream;
using docker::other;

constexpr std::array<LogStream, 2> both = {LogStream::out, LogStream::err};

using Place = std::vector<TrueLine>::const_iterator;

std::uint64_t count(Place from, Place to) {
  return static_cast<std::uint64_t>(std::count_if(from, to, [](const TrueLine& line) { return !line.partial; }));
}

}  // namespace

// What its instance has for sure: what was settled, and whatever it has told somebody.
std::array<std::size_t, 2> Witness::what_is_there(std::int64_t settled_ns) {
  std::array<std::size_t, 2> there{};
  truth_.catch_up();
  for (const LogStream stream : both) {
    const auto& lines = truth_.lines(stream);
    const std::size_t told = truth_.told_by(instance_)[docker::index_of(stream)];
    std::size_t& end = there[docker::index_of(stream)];
    for (end = lines.size(); end > 0; --end) {
      const TrueLine& last = lines[end - 1];
      if (!last.open && !last.partial && (end <= told || last.time_ns < settled_ns)) break;
    }
  }
  return there;
}

// What is still there, was asked for, and lies before the beginning, and behind what it had before. Who opened quietly
// knows no beginning of a stream that it does not see.
std::string Witness::begun_too_late(const std::array<std::size_t, 2>& behind) const {
  if (wish_.since_ns && truth_.stepped()) return {};
  for (const LogStream stream : both) {
    if (!shows(stream) && wish_.form == feeds::Form::quiet_line) continue;
    const auto &lines = truth_.lines(stream), &others = truth_.lines(other(stream));
    std::size_t i = tracks_[docker::index_of(stream)].next;
    while (i-- > behind[docker::index_of(stream)] && !truth_.gone(lines[i])) {
      if (wish_.since_ns && lines[i].time_ns < *wish_.since_ns) continue;
      const auto after = std::find_if(others.begin(), others.end(),
                                      [&](const TrueLine& line) { return line.last_record > lines[i].first_record; });
      const auto begin = lines.begin() + static_cast<std::ptrdiff_t>(i);
      if (tail_.lines && count(begin, lines.end()) + count(after, others.end()) > *tail_.lines) break;
      return "begins behind line " + std::to_string(i) + " of " + name_of(stream) + ", which was asked for";
    }
  }
  return {};
}

// A line that comes, was there when it asked, and lies before what was asked for.
std::string Witness::unasked(LogStream stream, std::size_t index) const {
  const std::size_t there = tail_.there[docker::index_of(stream)];
  if (index >= there || (!by_time_ && !tail_.lines)) return {};
  const auto &lines = truth_.lines(stream), &others = truth_.lines(other(stream));
  const TrueLine& line = lines[index];
  const std::string what = "line " + std::to_string(index) + " of " + name_of(stream) + " comes, ";
  if (by_time_ && line.time_ns < *wish_.since_ns && !truth_.stepped()) {
    const auto opens = [&](const TrueLine& each) {
      return each.time_ns >= *wish_.since_ns && each.first_record < line.last_record;
    };
    if (std::none_of(lines.begin(), lines.end(), opens) && std::none_of(others.begin(), others.end(), opens))
      return what + "stamped before the time that since asked for";
  }
  // Positions of two reckonings do not compare: it may begin at the one that was given, and not at the tail.
  if (!tail_.lines || (tail_.resumes && truth_.stepped())) return {};
  const auto end = others.begin() + static_cast<std::ptrdiff_t>(tail_.there[docker::index_of(other(stream))]);
  const auto behind =
      std::find_if(others.begin(), end, [&](const TrueLine& each) { return each.first_record > line.last_record; });
  const std::uint64_t of_the_last =
      count(lines.begin() + static_cast<std::ptrdiff_t>(index), lines.begin() + static_cast<std::ptrdiff_t>(there)) +
      count(behind, end);
  if (of_the_last <= *tail_.lines) return {};
  return what + "one of the last " + std::to_string(of_the_last) + " when tail asked for " +
         std::to_string(*tail_.lines);
}

}  // namespace sim
