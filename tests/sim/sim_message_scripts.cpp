#include "sim/sim_message_scripts.hpp"

#include <algorithm>

#include "sim/resp.hpp"

namespace sim {
namespace {

using Stream = SimRedisStore::Stream;

constexpr std::size_t node_entries = 100;  // of a Stream; "~" trims whole ones (stream-node-max-entries)

std::uint64_t argument(const ScriptCall& call, std::size_t number_of) {
  return number(call.args.at(number_of - 1)).value();
}

// What is known of the channel, of any data set; empty: nothing.
SimRedisStore::Fields channel_of(SimRedisStore& store, const ScriptCall& call) {
  const auto* fields = store.fields(call.keys[1]);
  return fields == nullptr ? SimRedisStore::Fields() : *fields;
}

// Whether it is of this one; what is to be answered if not is said already.
bool knows_set(const SimRedisStore::Fields& channel, const ScriptCall& call, std::string& out) {
  if (call.replid.empty()) {
    say_error(out, "ERR The user executing the script can't run this command or subcommand");
    return false;
  }
  if (channel.contains("r") && channel.at("r") == call.replid) return true;
  say_nil(out);
  return false;
}

std::uint64_t oldest_shown(const Stream& stream, std::uint64_t top, std::uint64_t messages, std::uint64_t since) {
  auto first = stream.lower_bound(top + 1 - std::min(messages, top + 1));
  while (first != stream.end() && number(first->second.time).value() < since) ++first;
  return first == stream.end() ? top + 1 : first->first;
}

}  // namespace

// publish.lua
void publish_message(SimRedisStore& store, ScriptCall& call, std::string& out) {
  const auto answer = [&out](std::string_view position, bool duplicate) {
    say_array(out, 2);
    say_text(out, position);
    say_number(out, duplicate ? 1 : 0);
  };
  if (const auto known = store.get(call.keys[2])) {
    const std::size_t space = known->find(' ');
    const std::string by = known->substr(space + 1);
    return answer(known->substr(0, space), by.empty() || by != call.args[1]);
  }
  const auto channel = channel_of(store, call);
  if (!knows_set(channel, call, out)) return;

  const std::uint64_t offset = number(channel.at("o")).value() + 1;
  const std::string &epoch = channel.at("e"), printed = std::to_string(offset);
  const std::string time = std::to_string(store.wall_us());
  Stream& stream = store.make_stream(call.keys[0]);
  stream[offset] = {epoch, time, call.args[0]};
  while (stream.size() >= argument(call, 4) + node_entries)
    stream.erase(stream.begin(), std::next(stream.begin(), node_entries));
  store.make_fields(call.keys[1])["o"] = printed;
  store.prolong(call.keys[0], milliseconds(call.args[4]));
  store.prolong(call.keys[1], milliseconds(call.args[5]));
  const std::string position = epoch + ":" + printed;
  store.set(call.keys[2], position + " " + call.args[1], milliseconds(call.args[2]));
  call.publications.emplace_back(call.keys[3], "m1 " + epoch + " " + printed + " " + time + "\n" + call.args[0]);
  answer(position, false);
}

// read.lua
void read_messages(SimRedisStore& store, ScriptCall& call, std::string& out) {
  const auto channel = channel_of(store, call);
  if (!knows_set(channel, call, out)) return;
  store.prolong(call.keys[1], milliseconds(call.args[6]));
  const Stream stream = store.stream(call.keys[0]);
  const std::uint64_t top = number(channel.at("o")).value();
  const std::uint64_t now = store.wall_us(), age = std::min(argument(call, 6), now);
  const std::uint64_t oldest = oldest_shown(stream, top, argument(call, 5), now - age);

  const bool ahead = call.args[0] == "after";
  std::vector<Stream::const_iterator> found;
  std::size_t bytes = 0;
  const auto take = [&](Stream::const_iterator entry) {
    if (found.size() >= argument(call, 3) || bytes >= argument(call, 4)) return false;
    found.push_back(entry);
    bytes += entry->second.body.size();
    return true;
  };
  const auto first = stream.lower_bound(oldest);
  if (ahead) {
    for (auto at = stream.lower_bound(std::max(argument(call, 2) + 1, oldest)); at != stream.end() && take(at);) ++at;
  } else {
    for (auto at = stream.lower_bound(std::max(argument(call, 2), oldest)); at != first && take(std::prev(at));) --at;
    std::reverse(found.begin(), found.end());
  }

  say_array(out, 3 + 3 * found.size());
  say_text(out, channel.at("e") + ":" + channel.at("o"));
  say_text(out, channel.at("p"));
  say_text(out, std::to_string(oldest));
  for (const auto& each : found) {
    say_text(out, each->second.epoch + ":" + std::to_string(each->first));
    say_text(out, each->second.time);
    say_text(out, each->second.body);
  }
}

// open.lua
void open_epoch(SimRedisStore& store, ScriptCall& call, std::string& out) {
  auto channel = channel_of(store, call);
  std::string nothing;
  if (knows_set(channel, call, nothing)) return say_number(out, 0);
  if (call.replid.empty()) return void(out += nothing);
  std::string past;
  if (channel.contains("o")) {
    past = channel.at("e") + ":" + channel.at("o") + (channel.at("p").empty() ? "" : " ") + channel.at("p");
    std::size_t end = 0;  // behind as many as are kept
    for (std::uint64_t kept = 0; kept < argument(call, 3) && end != past.npos; ++kept) end = past.find(' ', end + 1);
    past = past.substr(0, end);
  } else {
    store.erase(call.keys[0]);
  }
  const std::string offset = channel.contains("o") ? channel.at("o") : "0";
  store.make_fields(call.keys[1]) = {{"r", call.replid}, {"e", call.args[0]}, {"o", offset}, {"p", past}};
  store.prolong(call.keys[1], milliseconds(call.args[1]));
  say_number(out, 1);
}

}  // namespace sim
