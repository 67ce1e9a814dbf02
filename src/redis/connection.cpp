#include "redis/connection.hpp"

#include "base/log.hpp"
#include "redis/refusal.hpp"

namespace redis {
namespace {

// Redis itself cuts a subscriber that is 32 MB behind, so no sane reply is longer.
constexpr std::size_t reply_bytes_max = 32 << 20;

using base::Error;
using base::Fault;
using base::Result;

std::string_view info_field(std::string_view info, std::string_view name) {
  std::size_t at = 0;
  while (at < info.size()) {
    std::string_view line = info.substr(at, info.find('\n', at) - at);
    at += line.size() + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with(name) && line.substr(name.size()).starts_with(':')) return line.substr(name.size() + 1);
  }
  return {};
}

Result<void> judge_server(std::string_view info) {
  const auto refuse = [](const char* why) { return Error{Fault::unavailable, why}; };
  if (info_field(info, "loading") == "1") return refuse("Redis is loading its data set");
  if (info_field(info, "redis_mode") == "sentinel") return refuse("REDIS_URL leads to a sentinel, not to a Redis");
  if (info_field(info, "role") == "slave") return refuse("Redis at this address is a read-only replica");
  const auto policy = info_field(info, "maxmemory_policy");
  if (!policy.empty() && policy != "noeviction" && info_field(info, "maxmemory") != "0") {
    base::log::warn("Redis may evict keys of ours: leases can vanish; set maxmemory-policy to noeviction",
                    {{"maxmemory_policy", policy}});
  }
  return {};
}

}  // namespace

Connection::Connection(net::Loop& loop, std::unique_ptr<net::Stream> stream)
    : stream_(std::move(stream)), reader_(reply_bytes_max), wake_(loop), writer_(write_for_ever()) {}

net::Task<Result<std::unique_ptr<Connection>>> Connection::open(net::Network& network, const Address& address) {
  auto stream = co_await network.dial(address.endpoint);
  if (!stream) co_return stream.error();
  auto connection = std::make_unique<Connection>(network.loop(), std::move(*stream));
  const auto greeted = co_await connection->greet(address);
  if (!greeted) co_return greeted.error();
  co_return connection;
}

void Connection::send(std::span<const std::string_view> parts) {
  append_command(out_, parts);
  wake_.notify();
}

net::Task<void> Connection::write_for_ever() {
  for (;;) {
    co_await wake_.wait();
    while (!out_.empty()) {
      std::swap(out_, writing_);
      const auto written = co_await stream_->write(writing_);
      writing_.clear();
      if (!written) {
        stream_->close();  // who reads learns it
        co_return;
      }
    }
  }
}

net::Task<Result<void>> Connection::fill() {
  const auto got = co_await stream_->read_some(in_);
  if (!got) co_return got.error();
  if (*got == 0) co_return Error{Fault::closed, "Redis closed the connection"};
  co_return reader_.feed(std::string_view(in_.data(), *got));
}

net::Task<Result<Reply>> Connection::read() {
  for (;;) {
    auto reply = next();
    if (!reply) co_return reply.error();
    if (*reply) co_return std::move(**reply);
    const auto more = co_await fill();
    if (!more) co_return more.error();
  }
}

net::Task<Result<void>> Connection::greet(const Address& address) {
  int greetings = 1;
  if (!address.password.empty()) {
    ++greetings;
    const std::array<std::string_view, 3> full = {"AUTH", address.user, address.password};
    const std::array<std::string_view, 2> plain = {"AUTH", address.password};
    if (address.user.empty()) {
      send(plain);
    } else {
      send(full);
    }
  }
  if (address.database != 0) {
    ++greetings;
    const std::string database = std::to_string(address.database);
    const std::array<std::string_view, 2> select = {"SELECT", database};
    send(select);
  }
  const std::array<std::string_view, 1> info = {"INFO"};
  send(info);

  Reply reply;
  for (; greetings > 0; --greetings) {
    auto answer = co_await read();
    if (!answer) co_return answer.error();
    reply = std::move(*answer);
    if (reply.kind != Reply::Kind::error) continue;
    const Refusal refusal = judge(reply.text);
    // INFO alone may be forbidden: then we go on without knowing.
    if (greetings > 1 || refusal.error.fault != Fault::forbidden) co_return refusal.error;
  }
  co_return judge_server(reply.text);
}

}  // namespace redis
