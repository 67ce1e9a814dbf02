#include "api/history.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include "feeds/message_text.hpp"
#include "messages/advance.hpp"

namespace api {
namespace {

base::Error bad(std::string message) { return {base::Fault::bad_request, std::move(message)}; }

struct Asked {
  std::string_view since, before;
  std::uint64_t limit = 100;
};

base::Result<Asked> asked_of(std::span<const Option> options) {
  const auto find = [options](std::string_view name) {
    const auto found =
        std::find_if(options.begin(), options.end(), [&](const Option& each) { return each.name == name; });
    return found == options.end() ? std::string_view() : std::string_view(found->value);
  };
  Asked asked{find("since"), find("before")};
  if (!asked.since.empty() && !asked.before.empty())
    return bad("history goes on from since, or back from before; not both.");
  const std::string_view limit = find("limit");
  if (limit.empty()) return asked;
  const auto [end, error] = std::from_chars(limit.data(), limit.data() + limit.size(), asked.limit);
  const bool number = error == std::errc{} && end == limit.data() + limit.size();
  if (!number || asked.limit == 0 || asked.limit > history_limit_max)
    return bad("limit is \"" + std::string(limit.substr(0, 100)) + "\"; it can be a number from 1 to 1000.");
  return asked;
}

base::Error no_position(std::string_view name, std::string_view value) {
  return bad(std::string(name) + " is \"" + std::string(value.substr(0, 100)) + "\"; it can be a position.");
}

}  // namespace

base::Result<feeds::PageAsked> parse_history(std::span<const Option> options, net::WallTime now) {
  const auto read = asked_of(options);
  if (!read) return read.error();
  feeds::PageAsked asked;
  asked.limit = read->limit;
  if (!read->since.empty()) {
    const auto moment = parse_moment("since", read->since, now);
    if (!moment) return moment.error();
    asked.after = moment->position;
    if (!moment->position) asked.since_ns = moment->time_ns;
  }
  if (read->before.empty()) return asked;
  asked.before = docker::Position::parse(read->before);
  if (!asked.before) return no_position("before", read->before);
  return asked;
}

std::string history_text(Message reply, std::string_view channel, const feeds::Page& page) {
  reply.text("channel", channel).raw("items", page.items);
  return reply.text("first", page.first).text("last", page.last).flag("more", page.more).take();
}

base::Result<MessagesAsked> parse_messages_asked(std::span<const Option> options) {
  const auto read = asked_of(options);
  if (!read) return read.error();
  MessagesAsked asked;
  asked.range.messages_max = read->limit;
  if (!read->since.empty()) {
    asked.since = messages::Position::parse(read->since);
    if (!asked.since) return no_position("since", read->since);
    asked.range.after = asked.since->offset;
  }
  if (!read->before.empty()) {
    asked.before = messages::Position::parse(read->before);
    if (!asked.before) return no_position("before", read->before);
    asked.range.before = asked.before->offset;
  }
  return asked;
}

std::string messages_text(Message reply, std::string_view channel, const MessagesAsked& asked,
                          const messages::Page& page) {
  std::vector<std::string> items;
  messages::Position first = page.state.top, last = page.state.top;
  std::vector<const messages::Message*> shown;
  for (const messages::Message& each : page.items) shown.push_back(&each);
  bool more = !page.items.empty() && page.items.front().position.offset > page.state.oldest;
  if (asked.since) {
    messages::Position at = *asked.since;
    const messages::Advance next = messages::advance(at, page);
    if (next.lost) items.push_back(feeds::gap_text(channel, *next.lost, feeds::Form::line));
    shown = next.messages;
    first = last = at;
    more = !next.at_end;
  } else if (asked.before) {
    first = last = *asked.before;
  }
  for (const messages::Message* each : shown) items.push_back(feeds::message_text(channel, *each));
  if (!shown.empty()) {
    first = shown.front()->position;
    last = shown.back()->position;
  }
  reply.text("channel", channel).list("items", items);
  return reply.text("first", first.print()).text("last", last.print()).flag("more", more).take();
}

std::string presence_json(Message reply, std::string_view channel, const feeds::Presence& presence) {
  std::vector<std::string> sessions;
  for (const feeds::Member& each : presence.members) {
    Message session;
    session.text("session", each.session).text("subject", each.subject).text("instance", each.instance);
    sessions.push_back(session.take());
  }
  return reply.text("channel", channel).list("sessions", sessions).number("count", presence.count).take();
}

}  // namespace api
