// Client: asks an HTTP server (the Docker Engine) over any network. One connection for each call: unix sockets cost
// nothing to open, and a call that is dropped or fails takes nobody else's connection with it.
//
// Everything here may be cancelled at any wait by dropping its task. Thread: the network's loop.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "http/response_reader.hpp"
#include "net/network.hpp"

namespace http {

struct Call {
  std::string method = "GET";
  std::string target;  // percent-encoded
  Headers headers = {};
  std::string body = {};
  net::Duration within = std::chrono::seconds(15);  // of fetch() until its end, of open() until the answer's head
  std::size_t body_bytes_max = 64 * 1024 * 1024;    // of the answer to fetch(): Fault::too_large
  // What is given up for lost in the midst of the body that open() gave: Fault::timed_out. 0: silence is no fault.
  net::Duration silence_max = {};
};

struct Reply {
  int status = 0;
  Headers headers;
  std::string body;
};

// The body of an answer as it comes, and the connection under it, which ends with it. Holds one buffer, which grows
// from 4 to 64 KiB where the server fills it.
class Body {
 public:
  // Made by Client::open().
  Body(net::Loop& loop, std::unique_ptr<net::Stream> stream, const Call& call);

  const ResponseHead& head() const { return reader_.head(); }
  int status() const { return head().status; }

  // What has come since: one run of body without chunk borders, valid until the next call. Empty at the body's end.
  // Fault::closed where the body was cut, Fault::protocol where it is garbage; what came whole before is given first.
  // Waits as long as the server is silent, or for silence_max. One call at a time.
  net::Task<base::Result<std::string_view>> next();

 private:
  friend class Client;
  net::Task<base::Result<void>> read_head();
  net::Task<base::Result<void>> read_more();
  net::Task<base::Result<std::size_t>> read_some();
  base::Result<std::string_view> gather();

  net::Loop& loop_;
  const net::Duration silence_max_;
  std::unique_ptr<net::Stream> stream_;
  ResponseReader reader_;
  std::vector<char> buffer_;
  std::string_view unread_;  // within buffer_
  bool filled_ = false;      // the last read filled the buffer
  bool ended_ = false;
  std::optional<base::Error> fault_;  // found behind a run that was given first
};

class Client {
 public:
  Client(net::Network& network, net::Endpoint endpoint) : network_(network), endpoint_(std::move(endpoint)) {}

  // The whole answer, of any status. Fault::timed_out after call.within; refused, closed, protocol.
  net::Task<base::Result<Reply>> fetch(Call call);
  // The answer's head, of any status; the body is read from what is returned.
  net::Task<base::Result<std::unique_ptr<Body>>> open(Call call);

  const net::Endpoint& endpoint() const { return endpoint_; }

 private:
  static net::Task<base::Result<std::unique_ptr<Body>>> open_on(net::Network& network, net::Endpoint endpoint,
                                                                Call call);
  static net::Task<base::Result<Reply>> fetch_on(net::Network& network, net::Endpoint endpoint, Call call);

  net::Network& network_;
  net::Endpoint endpoint_;
};

// The call as it is sent.
std::string serialize(const Call& call, std::string_view host);

}  // namespace http
