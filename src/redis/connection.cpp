#include "redis/connection.hpp"

#include "redis/info.hpp"
#include "redis/refusal.hpp"

namespace redis {
namespace {

// Redis itself cuts a subscriber that is 32 MB behind, so no sane reply is longer.
constexpr std::size_t reply_bytes_max = 32 << 20;

using base::Error;
using base::Fault;
using base::Result;

Result<void> judge_server(std::string_view info) {
  const auto refuse = [](const char* why) { return Error{Fault::unavailable, why}; };
  if (info_field(info, "loading") == "1") return refuse("Redis is loading its data set");
  if (info_field(info, "redis_mode") == "sentinel") return refuse("REDIS_URL leads to a sentinel, not to a Redis");
  if (info_field(info, "role") == "slave") return refuse("Redis at this address is a read-only replica");
  return {};
}

}  // namespace

Connection::Connection(net::Loop& loop, std::unique_ptr<net::Stream> stream)
    : stream_(std::move(stream)), reader_(reply_bytes_max), wake_(loop), writer_(write_for_ever()) {}

net::Task<Connection::Opened> Connection::open(net::Network& network, const Address& address) {
  auto connection = co_await dial(network, address);
  if (!connection) co_return connection.error();
  const std::array<std::string_view, 1> info = {"INFO"};
  const auto reply = co_await (*connection)->greet(address, info);
  if (!reply) co_return reply.error();
  if (reply->kind == Reply::Kind::error) {
    // INFO alone may be forbidden: then we go on without knowing.
    const Error refused = judge(reply->text).error;
    if (refused.fault != Fault::forbidden) co_return refused;
  }
  const auto fit = judge_server(reply->text);
  if (!fit) co_return fit.error();
  co_return connection;
}

net::Task<Connection::Opened> Connection::dial(net::Network& network, const Address& address) {
  auto stream = co_await network.dial(address.endpoint);
  if (!stream) co_return stream.error();
  co_return std::make_unique<Connection>(network.loop(), std::move(*stream));
}

void Connection::send(Parts parts) {
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

net::Task<Result<Reply>> Connection::greet(const Address& address, Parts last) {
  int greetings = 0;
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
  send(last);
  for (; greetings > 0; --greetings) {
    const auto answer = co_await read();
    if (!answer) co_return answer.error();
    if (answer->kind == Reply::Kind::error) co_return judge(answer->text).error;
  }
  co_return co_await read();
}

}  // namespace redis
