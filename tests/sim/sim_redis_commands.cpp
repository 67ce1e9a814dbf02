// The simulated Redis' commands.
#include <algorithm>

#include "sim/resp.hpp"
#include "sim/sim_redis.hpp"
#include "sim/sim_redis_client.hpp"
#include "sim/sim_redis_scripts.hpp"

namespace sim {
namespace {

using Words = std::vector<std::string>;

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
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
  if (name == "TIME") {
    say_array(out, 2);
    say_text(out, std::to_string(store_.now_ms() / 1000));
    return say_text(out, std::to_string(store_.now_ms() % 1000 * 1000));
  }
  if (words.size() < 2) return say_error(out, "ERR wrong number of arguments or unknown command '" + words[0] + "'");
  const std::string& key = words[1];
  const auto value = store_.get(key);
  if (refuses_writes_ && name != "GET" && name != "PTTL") {
    return say_error(out, "READONLY You can't write against a read only replica.");
  }
  if (name == "GET") return value ? say_text(out, *value) : say_nil(out);
  if (name == "DEL") {
    const auto erased = std::count_if(words.begin() + 1, words.end(), [&](auto& each) { return store_.erase(each); });
    return say_number(out, static_cast<std::uint64_t>(erased));
  }
  if (on_fields(words, out)) return;
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

// Hashes and sorted sets; false: it is another command.
bool SimRedis::on_fields(const Words& words, std::string& out) {
  const std::string name = upper(words[0]);
  if (name != "HGETALL" && name != "HSCAN" && name != "ZRANGE" && name != "ZREM" && name != "HSET") return false;
  const auto* found = store_.fields(words[1]);
  const std::map<std::string, std::string> fields = found == nullptr ? std::map<std::string, std::string>() : *found;
  if (name == "ZREM" || name == "HSET") {
    const bool known = words.size() > 2 && fields.contains(words[2]);
    if (name == "HSET") store_.make_fields(words[1])[words.at(2)] = words.at(3);
    if (name == "ZREM" && known) store_.make_fields(words[1]).erase(words[2]);
    say_number(out, known == (name == "ZREM") ? 1 : 0);
    return true;
  }
  if (name == "ZRANGE") {
    const bool scores = upper(words.back()) == "WITHSCORES";
    say_array(out, fields.size() * (scores ? 2 : 1));
    for (const auto& [member, score] : fields) {
      say_text(out, member);
      if (scores) say_text(out, score);
    }
    return true;
  }
  // A page ends behind COUNT fields; the cursor is how many fields were told.
  const bool pages = name == "HSCAN";
  const std::size_t from = pages ? number(words.at(2)).value() : 0;
  const std::size_t until = pages ? std::min(fields.size(), from + number(words.at(4)).value()) : fields.size();
  if (pages) {
    say_array(out, 2);
    say_text(out, std::to_string(until < fields.size() ? until : 0));
  }
  say_array(out, until > from ? 2 * (until - from) : 0);
  std::size_t at = 0;
  for (const auto& [field, value] : fields) {
    if (at >= from && at < until) say_text(out, field), say_text(out, value);
    ++at;
  }
  return true;
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
  const ScriptTwin* twin = words.size() == 3 && upper(words[1]) == "LOAD" ? twin_of(words[2]) : nullptr;
  if (twin == nullptr) return say_error(out, "ERR the simulated Redis has no twin of this script");
  scripts_.emplace(twin->script.sha1);
  say_text(out, twin->script.sha1);
}

void SimRedis::evaluate(const Words& words, std::string& out) {
  const bool by_hash = upper(words[0]) == "EVALSHA";
  if (words.size() < 3) return say_error(out, "ERR wrong number of arguments");
  if (by_hash && !scripts_.contains(words[1])) return say_error(out, "NOSCRIPT No matching script. Please use EVAL.");
  const ScriptTwin* twin = twin_of(words[1]);
  if (twin == nullptr) return say_error(out, "ERR the simulated Redis has no twin of this script");
  const std::size_t least = 3 + twin->keys + twin->args;
  if ((twin->more ? words.size() < least : words.size() != least) || number(words[2]) != twin->keys) {
    return say_error(out, "ERR the script's twin takes other arguments");
  }
  scripts_.emplace(twin->script.sha1);
  if (refuses_scripts_) return say_error(out, "OOM command not allowed when used memory > 'maxmemory'.");
  const auto first = words.begin() + 3;
  const auto middle = first + static_cast<std::ptrdiff_t>(twin->keys);
  ScriptCall call{Words(first, middle), Words(middle, words.end()), forbids_info_ ? "" : run_id_, {}};
  twin->run(store_, call, out);
  if (watcher_) watcher_();
  std::string ignored;
  for (const auto& [channel, payload] : call.publications) publish({"PUBLISH", channel, payload}, ignored);
}

std::string SimRedis::info() const {
  return "# Server\r\nredis_mode:standalone\r\nrun_id:" + run_id_ +
         "\r\n# Memory\r\nmaxmemory:" + (maxmemory_policy_.empty() ? "0" : "100000000") +
         "\r\nmaxmemory_policy:" + (maxmemory_policy_.empty() ? "noeviction" : maxmemory_policy_) +
         "\r\n# Persistence\r\nloading:" + (loading_ ? "1" : "0") + "\r\n# Replication\r\nrole:" + role_ +
         "\r\nmaster_replid:" + run_id_ + "\r\n";
}

}  // namespace sim
