#include "sim/sim_redis_scripts.hpp"

#include <algorithm>

#include "lease/scripts.hpp"
#include "messages/scripts.hpp"
#include "roster/scripts.hpp"
#include "sim/resp.hpp"
#include "sim/sim_message_scripts.hpp"
#include "tunnel/scripts.hpp"

namespace sim {
namespace {

// take.lua
void take(SimRedisStore& store, ScriptCall& call, std::string& out) {
  const std::string& holder = call.args[0];
  const auto value = store.get(call.keys[0]);
  const bool ours = value && value->starts_with(holder + "|");
  if (value && !ours && *value != call.args[5]) {
    say_array(out, 3);
    say_nil(out);
    say_number(out, 0);
    return say_text(out, *value);
  }
  const std::string last = store.get(call.keys[1]).value_or("");
  const auto dot = std::min(last.find('.'), last.size());
  const auto epoch = number(std::string_view(last).substr(0, dot));
  const auto counter = dot < last.size() ? number(std::string_view(last).substr(dot + 1)) : std::nullopt;
  using Fence = std::pair<std::uint64_t, std::uint64_t>;
  Fence fence = epoch && counter ? Fence(*epoch, *counter) : Fence(number(call.args[2]).value(), 0);
  fence = std::max(fence, Fence(number(call.args[3]).value(), number(call.args[4]).value()));
  ++fence.second;

  const std::string granted = std::to_string(fence.first) + "." + std::to_string(fence.second);
  const std::string taken = holder + "|" + granted + "|0";
  store.set(call.keys[1], granted, std::chrono::hours(7 * 24));
  store.set(call.keys[0], taken, milliseconds(call.args[1]));
  say_array(out, 3);
  say_text(out, std::to_string(fence.first));
  say_text(out, std::to_string(fence.second));
  say_text(out, taken);
}

// renew.lua
void renew(SimRedisStore& store, ScriptCall& call, std::string& out) {
  const auto value = store.get(call.keys[0]);
  if (!value || !value->starts_with(call.args[0])) return say_number(out, 0);
  const auto beat = number(std::string_view(*value).substr(call.args[0].size())).value_or(0);
  store.set(call.keys[0], call.args[0] + std::to_string(beat + 1), milliseconds(call.args[1]));
  say_number(out, 1);
}

// release.lua
void release(SimRedisStore& store, ScriptCall& call, std::string& out) {
  const auto value = store.get(call.keys[0]);
  if (!value || !value->starts_with(call.args[0])) return say_number(out, 0);
  say_number(out, store.erase(call.keys[0]) ? 1 : 0);
}

// write.lua
void write(SimRedisStore& store, ScriptCall& call, std::string& out) {
  const std::string& key = call.keys[0];
  const std::string &seen = call.args[1], &revision = call.args[2];
  if (seen.empty()) {
    store.erase(key);
  } else {
    const auto* fields = store.fields(key);
    if (fields == nullptr || !fields->contains("") || fields->at("") != seen) return say_number(out, 0);
  }
  auto& fields = store.make_fields(key);
  fields[""] = revision;
  const std::size_t rows = 4 + number(call.args[3]).value();
  for (std::size_t i = 4; i < rows; ++i) fields.erase(call.args[i]);
  for (std::size_t i = rows; i + 1 < call.args.size(); i += 2) fields[call.args[i]] = call.args[i + 1];
  store.prolong(key, milliseconds(call.args[0]));
  say_number(out, 1);
}

// appear.lua
void appear(SimRedisStore& store, ScriptCall& call, std::string& out) {
  const std::string &key = call.keys[0], &id = call.args[0];
  const std::uint64_t now = store.now_ms(), ttl = number(call.args[1]).value();
  auto& all = store.make_fields(key);
  all[id] = std::to_string(now);
  std::erase_if(all, [&](const auto& each) { return number(each.second).value() + ttl <= now; });
  store.prolong(key, milliseconds(call.args[1]));
  const std::string label = id.substr(0, id.size() - 16);
  std::vector<std::string> namesakes;
  for (const auto& [other, appeared] : all) {
    if (other == id || other.size() != id.size() || !other.starts_with(label) || namesakes.size() == 40) continue;
    namesakes.push_back(other);
    namesakes.push_back(appeared);
  }
  say_array(out, namesakes.size());
  for (const std::string& each : namesakes) say_text(out, each);
}

// connect.lua
void connect(SimRedisStore& store, ScriptCall& call, std::string& out) {
  auto& fields = store.make_fields(call.keys[0]);
  fields = {{"instance_id", call.args[1]}, {"channel", call.args[2]}, {"connected_at", call.args[3]}};
  say_number(out, store.prolong(call.keys[0], milliseconds(call.args[0])) ? 1 : 0);
}

// note.lua; no test has as many Engines as are kept.
void note(SimRedisStore& store, ScriptCall& call, std::string& out) {
  const std::string& key = call.keys[0];
  const std::uint64_t now = store.now_ms(), kept = number(call.args[1]).value();
  auto& noted = store.make_fields(key);
  std::uint64_t newest = 0;
  for (const auto& [name, score] : noted) newest = std::max(newest, number(score).value());
  if (newest + number(call.args[3]).value() < now) noted[""] = std::to_string(now);
  std::erase_if(noted,
                [&](const auto& each) { return !each.first.empty() && number(each.second).value() + kept <= now; });
  noted[call.args[0]] = std::to_string(now);
  say_number(out, store.prolong(key, milliseconds(call.args[1])) ? 1 : 0);
}

const ScriptTwin twins[] = {{lease::scripts::take, 2, 6, false, take},
                            {lease::scripts::renew, 1, 2, false, renew},
                            {lease::scripts::release, 1, 1, false, release},
                            {roster::scripts::write, 1, 4, true, write},
                            {roster::scripts::appear, 1, 2, false, appear},
                            {roster::scripts::connect, 1, 4, false, connect},
                            {tunnel::scripts::note, 1, 4, false, note},
                            {messages::scripts::publish, 4, 6, false, publish_message},
                            {messages::scripts::read, 2, 7, false, read_messages},
                            {messages::scripts::open, 2, 3, false, open_epoch}};

}  // namespace

const ScriptTwin* twin_of(std::string_view text_or_sha1) {
  for (const ScriptTwin& twin : twins) {
    if (twin.script.text == text_or_sha1 || twin.script.sha1 == text_or_sha1) return &twin;
  }
  return nullptr;
}

}  // namespace sim
