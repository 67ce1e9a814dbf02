#include "docker/event_memory.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <utility>

namespace docker {
namespace {

constexpr std::string_view prefix = "e1.";
constexpr std::size_t entries_max = 1024, bytes_max = 1024 * 1024;

template <class Number>
bool take(std::string_view& text, Number& number, int base) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || text.starts_with('-')) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take_dot(std::string_view& text) {
  if (!text.starts_with('.')) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::string EventPosition::print() const {
  char text[64];
  std::snprintf(text, sizeof text, "e1.%llx.%lld.%u", static_cast<unsigned long long>(engine),
                static_cast<long long>(time_ns), count);
  return text;
}

std::optional<EventPosition> EventPosition::parse(std::string_view text) {
  EventPosition position;
  if (!text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  const bool whole = take(text, position.engine, 16) && take_dot(text) && take(text, position.time_ns, 10) &&
                     take_dot(text) && take(text, position.count, 10) && text.empty();
  return whole ? std::optional(position) : std::nullopt;
}

const EventMemory::Entry& EventMemory::add(const Event& event) {
  const EventPosition last = present();
  const std::uint32_t count = !entries_.empty() && last.time_ns == event.time_ns ? last.count + 1 : 1;
  entries_.push_back({event, {engine_, event.time_ns, count}, std::exchange(broken_, false)});
  newest_ns_ = std::max(newest_ns_, event.time_ns);
  bytes_ += event.json.size();
  while (entries_.size() > entries_max || (bytes_ > bytes_max && entries_.size() > 1)) {
    bytes_ -= entries_.front().event.json.size();
    entries_.pop_front();
    trimmed_ = true;
  }
  return entries_.back();
}

bool EventMemory::knows(const Event& event) const {
  return event.time_ns <= newest_ns_ && std::any_of(entries_.rbegin(), entries_.rend(), [&event](const Entry& each) {
           return same_event(each.event, event);
         });
}

// What is stamped later than the last that came was out of order, and is known when it comes again.
std::vector<Event> EventMemory::last() const {
  std::vector<Event> last;
  for (const Entry& each : entries_)
    if (each.event.time_ns == entries_.back().event.time_ns) last.push_back(each.event);
  return last;
}

EventPosition EventMemory::present() const {
  return entries_.empty() ? EventPosition{engine_, 0, 0} : entries_.back().position;
}

// Found by its very event: times alone would not show what the Engine has forgotten.
EventPosition EventMemory::before(std::size_t first) const {
  if (first >= entries_.size()) return present();
  if (first > 0) return entries_[first - 1].position;
  return {engine_, entries_.front().position.time_ns - 1, 0};
}

EventMemory::Since EventMemory::after(const EventPosition& position) const {
  const auto found =
      std::find_if(entries_.rbegin(), entries_.rend(), [&](const Entry& each) { return each.position == position; });
  const auto first = static_cast<std::size_t>(entries_.rend() - found);
  const bool beginning = position.time_ns == 0;  // told by one who knew of no event
  if (found == entries_.rend() && !beginning) {
    if (position.time_ns > present().time_ns) return {entries_.size(), false, true};
    Since since = from(position.time_ns);
    since.complete = false;
    return since;
  }
  const bool broken = std::any_of(entries_.begin() + static_cast<std::ptrdiff_t>(first), entries_.end(),
                                  [](const Entry& each) { return each.broken; });
  return {first, !broken && !(beginning && trimmed_), false};
}

EventMemory::Since EventMemory::from(std::int64_t time_ns) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [time_ns](const Entry& each) { return each.event.time_ns >= time_ns; });
  return {static_cast<std::size_t>(found - entries_.begin()), true, false};
}

}  // namespace docker
