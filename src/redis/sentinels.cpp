#include "redis/sentinels.hpp"

#include <algorithm>
#include <charconv>

#include "net/signal.hpp"
#include "redis/connection.hpp"
#include "redis/refusal.hpp"

namespace redis {

using base::Error;
using base::Fault;
using base::Result;

net::Task<Result<net::Endpoint>> Sentinels::master(net::Network& network) {
  Error why;
  for (std::size_t left = address_.sentinels.size(); left > 0; --left) {
    const net::Endpoint sentinel = address_.sentinels.front();
    auto found = co_await net::with_deadline(network.loop(), answer_max, ask(network, sentinel));
    if (found) co_return found;
    why = {found.error().fault, "The sentinel at " + sentinel.to_string() + ": " + found.error().message};
    doubt();
  }
  co_return why;
}

void Sentinels::doubt() {
  std::rotate(address_.sentinels.begin(), address_.sentinels.begin() + 1, address_.sentinels.end());
}

net::Task<Result<net::Endpoint>> Sentinels::ask(net::Network& network, net::Endpoint sentinel) {
  Address there;
  there.endpoint = sentinel;
  there.user = address_.sentinel_user;
  there.password = address_.sentinel_password;
  auto connection = co_await Connection::dial(network, there);
  if (!connection) co_return connection.error();
  const std::array<std::string_view, 3> question = {"SENTINEL", "GET-MASTER-ADDR-BY-NAME", address_.master};
  const auto reply = co_await (*connection)->greet(there, question);
  if (!reply) co_return reply.error();
  if (reply->kind == Reply::Kind::error) co_return judge(reply->text).error;
  if (reply->kind == Reply::Kind::nil) co_return Error{Fault::not_found, "it knows no master " + address_.master};
  net::Endpoint master{.path = {}, .host = {}, .port = 0, .tls = address_.endpoint.tls};
  if (reply->items.size() == 2) {
    const std::string& port = reply->items[1].text;
    std::from_chars(port.data(), port.data() + port.size(), master.port);
    master.host = reply->items[0].text;
  }
  if (master.host.empty() || master.port == 0) co_return Error{Fault::protocol, "it names no address of a master"};
  co_return master;
}

}  // namespace redis
