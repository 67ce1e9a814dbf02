// SimRedisStore: what a simulated Redis keeps: strings, hashes and streams with a TTL by a clock of its own that may
// step; a sorted set is a hash of its scores. It knows nothing of connections. Thread: its loop's.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "net/loop.hpp"

namespace sim {

class SimRedisStore {
 public:
  explicit SimRedisStore(net::Loop& loop) : loop_(loop) {}

  std::optional<std::string> get(const std::string& key) {
    expire(key);
    const auto found = values_.find(key);
    return found == values_.end() ? std::nullopt : std::optional(found->second.text);
  }
  void set(const std::string& key, std::string text, std::optional<net::Duration> ttl) {
    values_[key] = {std::move(text), {}, {}, ttl ? std::optional(clock() + *ttl) : std::nullopt};
  }
  using Fields = std::map<std::string, std::string>;
  // Null: there is none.
  const Fields* fields(const std::string& key) {
    expire(key);
    const auto found = values_.find(key);
    return found == values_.end() ? nullptr : &found->second.fields;
  }
  Fields& make_fields(const std::string& key) {
    expire(key);
    return values_[key].fields;
  }
  struct Entry {
    std::string epoch, time, body;
  };
  using Stream = std::map<std::uint64_t, Entry>;  // by the first number of its id
  Stream& make_stream(const std::string& key) {
    expire(key);
    return values_[key].stream;
  }
  Stream stream(const std::string& key) {
    expire(key);
    const auto found = values_.find(key);
    return found == values_.end() ? Stream() : found->second.stream;
  }
  bool erase(const std::string& key) {
    expire(key);
    return values_.erase(key) > 0;
  }
  bool prolong(const std::string& key, net::Duration ttl) {
    expire(key);
    const auto found = values_.find(key);
    if (found == values_.end()) return false;
    found->second.until = clock() + ttl;
    return true;
  }
  // Nothing: no such key, or no TTL.
  std::optional<net::Duration> ttl(const std::string& key) {
    expire(key);
    const auto found = values_.find(key);
    if (found == values_.end() || !found->second.until) return std::nullopt;
    return *found->second.until - clock();
  }
  std::uint64_t now_ms() const {
    return static_cast<std::uint64_t>(clock().time_since_epoch() / std::chrono::milliseconds(1));
  }
  std::uint64_t wall_us() const {
    return static_cast<std::uint64_t>((loop_.wall_now() + skew_).time_since_epoch() / std::chrono::microseconds(1));
  }
  void clear() { values_.clear(); }

  void step_clock(net::Duration by) { skew_ += by; }
  // A replica that lags: what is written from here on is lost by fall_back().
  void remember() { remembered_ = values_; }
  void fall_back() { values_ = remembered_; }

 private:
  struct Value {
    std::string text;
    Fields fields;
    Stream stream;
    std::optional<net::Instant> until;
  };

  net::Instant clock() const { return loop_.now() + skew_; }
  void expire(const std::string& key) {
    const auto found = values_.find(key);
    if (found != values_.end() && found->second.until && *found->second.until <= clock()) values_.erase(found);
  }

  net::Loop& loop_;
  net::Duration skew_{0};
  std::map<std::string, Value> values_, remembered_;
};

}  // namespace sim
