#include "roster/rows.hpp"

#include <charconv>

namespace roster {
namespace {

std::string nanoseconds(net::WallTime time) { return std::to_string(time.time_since_epoch().count()); }

// What stands before the next space, which goes with it.
std::string_view next_word(std::string_view& text) {
  const std::size_t size = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, size);
  text.remove_prefix(std::min(size + 1, text.size()));
  return word;
}

template <class Number>
bool parse(std::string_view text, Number& number) {
  const char* end = text.data() + text.size();
  return !text.empty() && std::from_chars(text.data(), end, number) == std::from_chars_result{end, std::errc()};
}

bool parse_time(std::string_view text, net::WallTime& time) {
  net::Duration::rep count = 0;
  if (!parse(text, count) || count < 0) return false;
  time = net::WallTime(net::Duration(count));
  return true;
}

std::string_view field(const Rows& rows, std::string_view name) {
  const auto found = rows.find(name);
  return found == rows.end() ? std::string_view() : found->second;
}

}  // namespace

Rows rows_of(const Instance& instance) {
  std::string engines;
  for (const std::string& each : instance.engines) engines += (engines.empty() ? "" : " ") + each;
  return {{"label", instance.label},
          {"version", instance.version},
          {"started", nanoseconds(instance.started)},
          {"engines", std::move(engines)},
          {"sessions", std::to_string(instance.sessions)},
          {"channels", std::to_string(instance.channels)},
          {"readers", std::to_string(instance.readers)}};
}

std::string session_row(const Session& session) {
  return nanoseconds(session.connected) + ' ' + std::to_string(session.subscriptions) + ' ' + session.address + ' ' +
         session.subject;
}

std::string channel_row(const OwnChannel& channel) {
  return std::to_string(channel.followers) + (channel.read_here ? " reads" : "");
}

std::optional<Session> parse_session(std::string_view row) {
  Session session;
  if (!parse_time(next_word(row), session.connected)) return std::nullopt;
  if (!parse(next_word(row), session.subscriptions)) return std::nullopt;
  session.address = next_word(row);
  session.subject = row;
  return session;
}

bool add_instance(View& view, const std::string& id, const Rows& rows) {
  Instance instance;
  instance.id = id;
  instance.label = field(rows, "label");
  instance.version = field(rows, "version");
  if (instance.label.empty() || !parse_time(field(rows, "started"), instance.started)) return false;
  if (!parse(field(rows, "sessions"), instance.sessions) || !parse(field(rows, "channels"), instance.channels) ||
      !parse(field(rows, "readers"), instance.readers))
    return false;
  for (std::string_view rest = field(rows, "engines"); !rest.empty();) instance.engines.emplace_back(next_word(rest));
  view.instances.push_back(std::move(instance));
  return true;
}

void add_session(View& view, const std::string& number, Session session) {
  if (view.sessions.size() == sessions_max) {
    view.more = true;
    return;
  }
  const Instance& instance = view.instances.back();
  session.name = instance.id + '-' + number;
  session.instance = instance.label;
  view.sessions.push_back(std::move(session));
}

void add_sessions(View& view, const Rows& rows) {
  for (const auto& [number, row] : rows)
    if (auto session = parse_session(row)) add_session(view, number, std::move(*session));
}

void add_channels(View& view, const Rows& rows) {
  const Instance& instance = view.instances.back();
  for (const auto& [name, row] : rows) {
    std::string_view rest = row;
    std::uint64_t followers = 0;
    if (!parse(next_word(rest), followers)) continue;
    if (view.channels.size() == channels_max && !view.channels.contains(name)) {
      view.more = true;
      continue;
    }
    Channel& channel = view.channels[name];
    channel.followers += followers;
    if (rest == "reads" && channel.reader.empty()) channel.reader = instance.label;
  }
}

}  // namespace roster
