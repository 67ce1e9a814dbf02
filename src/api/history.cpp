#include "api/history.hpp"

#include <algorithm>
#include <charconv>

namespace api {
namespace {

base::Error bad(std::string message) { return {base::Fault::bad_request, std::move(message)}; }

}  // namespace

base::Result<feeds::PageAsked> parse_history(std::span<const Option> options, net::WallTime now) {
  const auto find = [options](std::string_view name) {
    const auto found =
        std::find_if(options.begin(), options.end(), [&](const Option& each) { return each.name == name; });
    return found == options.end() ? std::string_view() : std::string_view(found->value);
  };
  const std::string_view since = find("since"), before = find("before"), limit = find("limit");
  feeds::PageAsked asked;
  if (!since.empty() && !before.empty()) return bad("history goes on from since, or back from before; not both.");
  if (!since.empty()) {
    const auto moment = parse_moment("since", since, now);
    if (!moment) return moment.error();
    asked.after = moment->position;
    if (!moment->position) asked.since_ns = moment->time_ns;
  }
  if (!before.empty()) {
    asked.before = docker::Position::parse(before);
    if (!asked.before) return bad("before is \"" + std::string(before.substr(0, 100)) + "\"; it can be a position.");
  }
  if (limit.empty()) return asked;
  const auto [end, error] = std::from_chars(limit.data(), limit.data() + limit.size(), asked.limit);
  const bool number = error == std::errc{} && end == limit.data() + limit.size();
  if (!number || asked.limit == 0 || asked.limit > history_limit_max)
    return bad("limit is \"" + std::string(limit.substr(0, 100)) + "\"; it can be a number from 1 to 1000.");
  return asked;
}

std::string history_text(Message reply, std::string_view channel, const feeds::Page& page) {
  reply.text("channel", channel).raw("items", page.items);
  return reply.text("first", page.first).text("last", page.last).flag("more", page.more).take();
}

}  // namespace api
