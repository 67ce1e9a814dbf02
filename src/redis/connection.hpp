// Connection: one dialled and greeted connection to Redis: commands out, one write a loop turn; replies in. It dials
// once and knows nothing of what its bytes mean; who waits for which reply is its user's. Thread: its loop's.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "net/network.hpp"
#include "net/signal.hpp"
#include "redis/address.hpp"
#include "redis/reply.hpp"

namespace redis {

class Connection {
 public:
  using Opened = base::Result<std::unique_ptr<Connection>>;
  using Parts = std::span<const std::string_view>;

  // Dials, AUTH, SELECT, and refuses a server that cannot serve us (INFO: loading, a replica, a sentinel).
  static net::Task<Opened> open(net::Network& network, const Address& address);
  static net::Task<Opened> dial(net::Network& network, const Address& address);

  Connection(net::Loop& loop, std::unique_ptr<net::Stream> stream);

  // AUTH and SELECT as the address says, and the reply to `last`; an error where one of the two was refused.
  net::Task<base::Result<Reply>> greet(const Address& address, Parts last);

  // Goes out at the end of the turn.
  void send(Parts parts);
  std::size_t unsent_bytes() const { return out_.size() + writing_.size(); }

  // What has arrived, then nullopt; then fill() waits for more. An error ends the connection.
  base::Result<std::optional<Reply>> next() { return reader_.next(); }
  net::Task<base::Result<void>> fill();

  void close() { stream_->close(); }

 private:
  net::Task<base::Result<Reply>> read();
  net::Task<void> write_for_ever();

  std::unique_ptr<net::Stream> stream_;
  ReplyReader reader_;
  std::array<char, 16 * 1024> in_;
  std::string out_, writing_;
  net::Signal wake_;
  net::Job writer_;  // last: it uses all of the above
};

}  // namespace redis
