#include "roster/connection_keys.hpp"

#include <algorithm>
#include <cstdio>

#include "roster/scripts.hpp"

namespace roster {
namespace {

using Words = std::vector<std::string>;

constexpr std::string_view prefix = "ws:connection:";
constexpr std::size_t id_digits = 32;
constexpr net::Duration leave_max = std::chrono::seconds(3);
constexpr std::size_t batch_keys = 200;  // some 60 KB; Redis is busy with it for less than a millisecond

std::string unix_seconds(net::WallTime time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
}

}  // namespace

std::string ConnectionKeys::Keys::key(const std::string& channel, std::uint64_t number) const {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(number));
  return std::string(prefix) + channel + ':' + process + digits;
}

void ConnectionKeys::Keys::tell(std::uint64_t number, Connection now) {
  const auto known = connections.find(number);
  const std::vector<std::string> before =
      known == connections.end() ? std::vector<std::string>() : std::move(known->second.channels);
  const auto has = [](const std::vector<std::string>& channels, const std::string& channel) {
    return std::find(channels.begin(), channels.end(), channel) != channels.end();
  };
  for (const std::string& channel : before)
    if (!has(now.channels, channel)) remove(key(channel, number));
  for (const std::string& channel : now.channels) {
    if (has(before, channel)) continue;
    gone.erase(key(channel, number));
    note(key(channel, number), now.connected_at);
  }
  if (now.channels.empty()) {
    connections.erase(number);
  } else {
    connections.insert_or_assign(number, std::move(now));
  }
}

void ConnectionKeys::Keys::remove(std::string key) {
  note(key, std::nullopt);
  if (gone.size() < gone_max) gone.insert(std::move(key));
}

void ConnectionKeys::Keys::refill() {
  for (const std::string& key : gone) note(key, std::nullopt);
  for (const auto& [number, each] : connections)
    for (const std::string& channel : each.channels) note(key(channel, number), each.connected_at);
}

ConnectionKeys::ConnectionKeys(net::Network& network, redis::Address address, const std::string& process,
                               std::string label, Settings settings)
    : loop_(network.loop()), label_(std::move(label)), settings_(settings), client_(network, std::move(address)) {
  keys_.process = process.substr(process.size() - id_digits / 2);
  client_.on_connected([this](bool) { keys_.lost(); });
  writing_ = net::Job(keep_up());
}

void ConnectionKeys::tell(const SessionNews& news) {
  keys_.tell(news.number, {unix_seconds(news.connected), news.channels});
}

net::Task<void> ConnectionKeys::keep_up() {
  for (net::Duration pause = settings_.write_every;;) {
    if (client_.connected()) {
      const bool written = co_await write(net::Instant::max());
      pause = written ? settings_.write_every : std::min(2 * pause, settings_.renew_every);
      if (written) co_await look();
    } else {
      keys_.lost();  // nothing piles up
    }
    co_await loop_.sleep(pause);
  }
}

// Whether all of them are to be written anew, beside what changed meanwhile.
net::Task<void> ConnectionKeys::look() {
  bool anew = loop_.now() >= renew_at_;
  if (!anew && loop_.now() >= look_at_ && !keys_.connections.empty()) {
    look_at_ = loop_.now() + settings_.look_every;
    const auto& [number, first] = *keys_.connections.begin();
    const auto left = co_await client_.command("PTTL", keys_.key(first.channels.front(), number));
    anew = left && left->integer == -2;
  }
  if (!anew) co_return;
  keys_.refill();
  renew_at_ = loop_.now() + settings_.renew_every;
}

// Where that fails, all of it is written anew next time: why it is refused, the client says.
net::Task<bool> ConnectionKeys::write(net::Instant until) {
  while (!keys_.clean() && loop_.now() < until) {
    Journal::Batch batch = keys_.next(batch_keys);
    std::vector<Words> commands;
    if (!batch.rows.empty()) commands.push_back({"SCRIPT", "LOAD", std::string(scripts::connect.text)});
    for (const std::string& key : batch.removed) commands.push_back({"DEL", key});
    for (auto& [key, connected_at] : batch.rows) commands.push_back(written(std::move(key), std::move(connected_at)));
    const auto replies = co_await client_.pipeline(std::move(commands));
    if (std::all_of(replies.begin(), replies.end(), [](const auto& reply) { return reply.has_value(); })) {
      for (const std::string& key : batch.removed) keys_.gone.erase(key);
      continue;
    }
    keys_.lost();
    co_return false;
  }
  co_return true;
}

Words ConnectionKeys::written(std::string key, std::string connected_at) const {
  std::string channel = key.substr(prefix.size(), key.size() - prefix.size() - 1 - id_digits);
  Words parts = {"EVALSHA", std::string(scripts::connect.sha1), "1", std::move(key),
                 redis::milliseconds(settings_.ttl)};
  parts.push_back(label_);
  parts.push_back(std::move(channel));
  parts.push_back(std::move(connected_at));
  return parts;
}

void ConnectionKeys::leave(net::Callback done) { writing_ = net::Job(depart(std::move(done))); }

// Those whose end was told and is not written yet go as well.
net::Task<void> ConnectionKeys::depart(net::Callback done) {
  while (!keys_.connections.empty()) keys_.tell(keys_.connections.begin()->first, {});
  keys_.lost();  // all that is gone is said again, whatever was under way
  co_await write(loop_.now() + leave_max);
  done();
}

}  // namespace roster
