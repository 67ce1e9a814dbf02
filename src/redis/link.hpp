// Link: a connection that is dialled again for ever, with growing pauses; where there are sentinels, they are asked
// before each dial. It hands on replies and says when it is up and down. Thread: its loop's. Its owner is not destroyed
// inside its calls.
#pragma once

#include <memory>
#include <string>

#include "redis/connection.hpp"
#include "redis/sentinels.hpp"

namespace redis {

class Link {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void on_up() = 0;
    virtual void on_reply(Reply reply) = 0;
    virtual void on_down(const base::Error& why) = 0;  // only after on_up
  };

  Link(net::Network& network, Address address, Owner& owner);

  bool connected() const { return up_; }
  Connection* connection() { return up_ ? connection_.get() : nullptr; }
  // Why there is none; empty while there is one.
  const std::string& reason() const { return reason_; }
  // Gives the connection up: it is none from now on, on_down comes from the loop.
  void drop(base::Error why);
  std::uint64_t dials() const { return dials_; }

 private:
  net::Task<void> run();
  net::Task<Connection::Opened> dial();
  net::Task<base::Error> read_to_end();
  net::Duration pause(net::Instant since, base::Fault why);

  net::Network& network_;
  Address address_;
  Sentinels sentinels_;
  Owner& owner_;
  std::unique_ptr<Connection> connection_;
  bool up_ = false;
  std::optional<base::Error> dropped_;
  std::string reason_ = "Redis was not reached yet";
  std::uint64_t dials_ = 0;
  net::Duration ceiling_;
  net::Job job_;
};

}  // namespace redis
