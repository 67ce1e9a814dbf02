// The simulated Redis' commands, and the twins of our scripts.
#include <algorithm>
#include <charconv>

#include "lease/scripts.hpp"
#include "sim/sim_redis.hpp"
#include "sim/sim_redis_client.hpp"

namespace sim {
namespace {

using Words = std::vector<std::string>;

void say_status(std::string& out, std::string_view text) { out.append("+").append(text).append("\r\n"); }
void say_error(std::string& out, std::string_view text) { out.append("-").append(text).append("\r\n"); }
void say_nil(std::string& out) { out += "$-1\r\n"; }
void say_number(std::string& out, std::uint64_t number) { out += ":" + std::to_string(number) + "\r\n"; }
void say_array(std::string& out, std::size_t size) { out += "*" + std::to_string(size) + "\r\n"; }
void say_text(std::string& out, std::string_view text) {
  out += "$" + std::to_string(text.size()) + "\r\n";
  out.append(text).append("\r\n");
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

net::Duration milliseconds(std::string_view text) { return std::chrono::milliseconds(number(text).value_or(0)); }

struct Call {
  Words keys, args;
};

// take.lua
void take(SimRedisStore& store, const Call& call, std::string& out) {
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
void renew(SimRedisStore& store, const Call& call, std::string& out) {
  const auto value = store.get(call.keys[0]);
  if (!value || !value->starts_with(call.args[0])) return say_number(out, 0);
  const auto beat = number(std::string_view(*value).substr(call.args[0].size())).value_or(0);
  store.set(call.keys[0], call.args[0] + std::to_string(beat + 1), milliseconds(call.args[1]));
  say_number(out, 1);
}

// release.lua
void release(SimRedisStore& store, const Call& call, std::string& out) {
  const auto value = store.get(call.keys[0]);
  if (!value || !value->starts_with(call.args[0])) return say_number(out, 0);
  say_number(out, store.erase(call.keys[0]) ? 1 : 0);
}

struct Twin {
  const redis::Script& script;
  std::size_t keys, args;
  void (*run)(SimRedisStore&, const Call&, std::string&);
};
const Twin twins[] = {
    {lease::scripts::take, 2, 6, take}, {lease::scripts::renew, 1, 2, renew}, {lease::scripts::release, 1, 1, release}};

const Twin* twin_of(std::string_view text_or_sha1) {
  for (const Twin& twin : twins) {
    if (twin.script.text == text_or_sha1 || twin.script.sha1 == text_or_sha1) return &twin;
  }
  return nullptr;
}

}  // namespace

void SimRedis::execute(SimRedisClient& client, const Words& words, std::string& out) {
  ++counts_.commands;
  const std::string name = upper(words[0]);
  if (name == "AUTH" || name == "HELLO" || name == "SELECT") return greet(client, words, out);
  if (!options_.password.empty() && !client.authenticated) return say_error(out, "NOAUTH Authentication required.");
  const bool listening = !client.channels.empty();
  if (name == "PING") {
    if (!listening) return say_status(out, "PONG");
    say_array(out, 2);
    say_text(out, "pong");
    return say_text(out, "");
  }
  if (name == "SUBSCRIBE" || name == "UNSUBSCRIBE") return subscribe(client, words, out);
  if (listening) return say_error(out, "ERR Can't execute '" + words[0] + "': only (P|S)SUBSCRIBE / … are allowed");
  if (name == "INFO" && forbids_info_)
    return say_error(out, "NOPERM this user has no permissions to run the 'info' command");
  if (name == "INFO") return say_text(out, info());
  if (!refusal_.empty()) return say_error(out, refusal_);
  if (loading_) return say_error(out, "LOADING Redis is loading the dataset in memory");
  if (name == "PUBLISH" && words.size() == 3) return publish(words, out);
  if (name == "SCRIPT") return script(words, out);
  if (name == "EVAL" || name == "EVALSHA") return evaluate(words, out);
  on_data(words, out);
}

void SimRedis::greet(SimRedisClient& client, const Words& words, std::string& out) {
  const std::string name = upper(words[0]);
  if (name == "HELLO") return say_error(out, "NOPROTO unsupported protocol version");
  if (name == "AUTH") {
    if (options_.password.empty()) return say_error(out, "ERR AUTH called without any password configured");
    client.authenticated = words.back() == options_.password;
    if (!client.authenticated) return say_error(out, "WRONGPASS invalid username-password pair or user is disabled.");
  }
  say_status(out, "OK");
}

void SimRedis::on_data(const Words& words, std::string& out) {
  const std::string name = upper(words[0]);
  if (name == "FLUSHALL") {
    flush();
    return say_status(out, "OK");
  }
  if (words.size() < 2) return say_error(out, "ERR wrong number of arguments or unknown command '" + words[0] + "'");
  const std::string& key = words[1];
  const auto value = store_.get(key);
  if (refuses_writes_ && name != "GET" && name != "PTTL") {
    return say_error(out, "READONLY You can't write against a read only replica.");
  }
  if (name == "GET") return value ? say_text(out, *value) : say_nil(out);
  if (name == "DEL") return say_number(out, store_.erase(key) ? 1 : 0);
  if (name == "INCR") {
    const auto next = number(value.value_or("0"));
    if (!next) return say_error(out, "ERR value is not an integer or out of range");
    store_.set(key, std::to_string(*next + 1), store_.ttl(key));
    return say_number(out, *next + 1);
  }
  if (name == "PTTL") {
    const auto ttl = store_.ttl(key);
    if (!ttl) return void(out += value ? ":-1\r\n" : ":-2\r\n");
    return say_number(out, static_cast<std::uint64_t>(*ttl / std::chrono::milliseconds(1)));
  }
  if (name == "PEXPIRE" && words.size() == 3) {
    return say_number(out, store_.prolong(key, milliseconds(words[2])) ? 1 : 0);
  }
  if (name != "SET" || words.size() < 3) return say_error(out, "ERR unknown command '" + words[0] + "'");
  std::optional<net::Duration> ttl;
  for (std::size_t i = 3; i < words.size(); ++i) {
    const std::string option = upper(words[i]);
    if (option == "NX" && value) return say_nil(out);
    if (option == "PX" && i + 1 < words.size()) ttl = milliseconds(words[++i]);
  }
  store_.set(key, words[2], ttl);
  say_status(out, "OK");
}

void SimRedis::subscribe(SimRedisClient& client, const Words& words, std::string& out) {
  const bool join = upper(words[0]) == "SUBSCRIBE";
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (join) {
      client.channels.insert(words[i]);
    } else {
      client.channels.erase(words[i]);
    }
    say_array(out, 3);
    say_text(out, join ? "subscribe" : "unsubscribe");
    say_text(out, words[i]);
    say_number(out, client.channels.size());
  }
}

void SimRedis::publish(const Words& words, std::string& out) {
  ++counts_.publications;
  std::string message;
  say_array(message, 3);
  say_text(message, "message");
  say_text(message, words[1]);
  say_text(message, words[2]);
  std::uint64_t receivers = 0;
  for (auto& client : clients_) {
    if (!client->channels.contains(words[1])) continue;
    ++receivers;
    if (loses_ && loses_(words[1], words[2])) {
      ++counts_.lost;
      continue;
    }
    ++counts_.deliveries;
    client->send(message);
  }
  say_number(out, receivers);
}

void SimRedis::script(const Words& words, std::string& out) {
  const Twin* twin = words.size() == 3 && upper(words[1]) == "LOAD" ? twin_of(words[2]) : nullptr;
  if (twin == nullptr) return say_error(out, "ERR the simulated Redis has no twin of this script");
  scripts_.emplace(twin->script.sha1);
  say_text(out, twin->script.sha1);
}

void SimRedis::evaluate(const Words& words, std::string& out) {
  const bool by_hash = upper(words[0]) == "EVALSHA";
  if (words.size() < 3) return say_error(out, "ERR wrong number of arguments");
  if (by_hash && !scripts_.contains(words[1])) return say_error(out, "NOSCRIPT No matching script. Please use EVAL.");
  const Twin* twin = twin_of(words[1]);
  if (twin == nullptr) return say_error(out, "ERR the simulated Redis has no twin of this script");
  if (words.size() != 3 + twin->keys + twin->args || number(words[2]) != twin->keys) {
    return say_error(out, "ERR the script's twin takes other arguments");
  }
  scripts_.emplace(twin->script.sha1);
  if (refuses_scripts_) return say_error(out, "OOM command not allowed when used memory > 'maxmemory'.");
  const auto first = words.begin() + 3;
  const auto middle = first + static_cast<std::ptrdiff_t>(twin->keys);
  twin->run(store_, {Words(first, middle), Words(middle, words.end())}, out);
}

std::string SimRedis::info() const {
  return "# Server\r\nredis_mode:standalone\r\nrun_id:" + run_id_ +
         "\r\n# Memory\r\nmaxmemory:" + (maxmemory_policy_.empty() ? "0" : "100000000") +
         "\r\nmaxmemory_policy:" + (maxmemory_policy_.empty() ? "noeviction" : maxmemory_policy_) +
         "\r\n# Persistence\r\nloading:" + (loading_ ? "1" : "0") + "\r\n# Replication\r\nrole:" + role_ + "\r\n";
}

}  // namespace sim
