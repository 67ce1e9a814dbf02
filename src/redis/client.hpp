// Client: commands to Redis, pipelined over one connection that comes back by itself. Who pumps megabytes through one
// has another for what must not wait behind them. Thread: its loop's.
//
// Bounds: each command is answered within `answer_max` or the connection is given up (an order of replies that cannot
// be trusted is worse than none); at most `pending_max` commands and `pending_bytes_max` unsent bytes, what is over
// them is refused at once, as is everything while the connection is down: nothing is kept for later.
//
// Errors: `unavailable`, not sent, or Redis cannot do it now · `timed_out` and `closed`, sent, outcome unknown ·
// `unauthorized`, `forbidden` · `internal`, any other error reply. Callbacks are called from the loop, never inside
// call(), and not at all once the Client is gone; it is not destroyed inside one, and its tasks end before it does.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/callback.hpp"
#include "redis/link.hpp"
#include "redis/script.hpp"

namespace redis {

// As PX and PEXPIRE want it.
std::string milliseconds(net::Duration duration);

class Client final : private Link::Owner {
 public:
  struct Settings {
    net::Duration answer_max = std::chrono::seconds(2);
    std::size_t pending_max = 10'000;
    std::size_t pending_bytes_max = 16 << 20;
  };
  struct Counts {
    std::uint64_t dials = 0, refused = 0, timed_out = 0;
    std::size_t pending = 0;  // commands that wait for their answer now
  };
  using OnReply = base::Callback<void(base::Result<Reply>)>;
  using Parts = std::span<const std::string_view>;

  Client(net::Network& network, Address address) : Client(network, std::move(address), Settings{}) {}
  Client(net::Network& network, Address address, Settings settings);

  // co_await client.command("SET", key, value) → Result<Reply>; the parts are copied at once.
  template <class... Text>
  net::Task<base::Result<Reply>> command(const Text&... text) {
    return send(std::vector<std::string>{std::string(text)...});
  }
  net::Task<base::Result<Reply>> send(std::vector<std::string> parts);
  // All of them in one go, answered in their order.
  net::Task<std::vector<base::Result<Reply>>> pipeline(std::vector<std::vector<std::string>> commands);
  // EVALSHA, and EVAL where Redis does not know the script. `parts`: the keys, then the arguments.
  net::Task<base::Result<Reply>> run(const Script& script, std::size_t keys, std::vector<std::string> parts);
  // The same without a coroutine.
  void call(Parts parts, OnReply on_reply);

  bool connected() const { return link_.connected(); }
  const std::string& reason() const { return link_.reason(); }  // why not
  void on_connected(std::function<void(bool)> observer);        // kept as long as the Client
  Counts counts() const;

 private:
  struct Pending {
    OnReply on_reply;
    net::Instant deadline;
  };

  void on_up() override;
  void on_reply(Reply reply) override;
  void on_down(const base::Error& why) override;
  void refuse(OnReply on_reply, const char* why);
  void complain(const base::Error& error);
  void watch_deadline();
  void keep_alive();

  net::Loop& loop_;
  const Settings settings_;
  Counts counts_;
  std::vector<std::function<void(bool)>> observers_;
  std::deque<Pending> pending_;
  net::Timer deadline_;
  bool deadline_watched_ = false;
  net::Timer ping_;
  std::string complaint_;  // the latest in the log
  net::Instant complained_;
  std::shared_ptr<Client*> self_;
  Link link_;
};

}  // namespace redis
