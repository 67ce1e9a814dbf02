#include "http/client.hpp"

#include <algorithm>
#include <cstring>

#include "net/signal.hpp"

namespace http {
namespace {

constexpr std::size_t buffer_bytes_min = 4 * 1024;
constexpr std::size_t buffer_bytes_max = 64 * 1024;

// A space or a line end would make another request of it. Targets are built by us, but out of others' names.
bool is_sendable(const Call& call) {
  return is_token(call.method) && call.target.starts_with('/') &&
         std::all_of(call.target.begin(), call.target.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

std::string host_of(const net::Endpoint& endpoint) {
  if (!endpoint.path.empty()) return "localhost";  // any name would do
  const bool ipv6 = endpoint.host.find(':') != std::string::npos;
  return (ipv6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port);
}

}  // namespace

std::string serialize(const Call& call, std::string_view host) {
  std::string out = call.method + " " + call.target + " HTTP/1.1\r\nHost: ";
  out.append(host).append("\r\n");
  for (const Header& header : call.headers) out.append(header.name).append(": ").append(header.value).append("\r\n");
  if (!call.headers.find("Connection")) out += "Connection: close\r\n";
  // A method that usually has a body says that there is none (RFC 9110, 8.6).
  if (!call.body.empty() || call.method == "POST" || call.method == "PUT") {
    out += "Content-Length: " + std::to_string(call.body.size()) + "\r\n";
  }
  return out.append("\r\n").append(call.body);
}

Body::Body(net::Loop& loop, std::unique_ptr<net::Stream> stream, const Call& call)
    : loop_(loop),
      silence_max_(call.silence_max),
      stream_(std::move(stream)),
      reader_(call.method == "HEAD"),
      buffer_(buffer_bytes_min) {}

net::Task<base::Result<std::string_view>> Body::next() {
  for (;;) {
    auto run = gather();
    if (!run) co_return run.error();
    if (!run->empty() || ended_) co_return *run;
    auto read = co_await read_more();
    if (!read) co_return read.error();
  }
}

net::Task<base::Result<void>> Body::read_head() {
  for (;;) {
    auto event = reader_.next(unread_);
    if (!event) co_return event.error();
    if (event->kind == ResponseReader::Kind::head) co_return base::Result<void>();
    auto read = co_await read_more();
    if (!read) co_return read.error();
  }
}

// Only while nothing is unread.
net::Task<base::Result<void>> Body::read_more() {
  if (filled_ && buffer_.size() < buffer_bytes_max) buffer_.resize(2 * buffer_.size());
  base::Result<std::size_t> got = std::size_t{0};
  if (silence_max_ > net::Duration::zero()) {
    got = co_await net::with_deadline(loop_, silence_max_, read_some());
  } else {
    got = co_await stream_->read_some(buffer_);
  }
  if (!got) co_return got.error();
  filled_ = *got == buffer_.size();
  unread_ = std::string_view(buffer_.data(), *got);
  if (*got == 0) co_return reader_.end_of_stream();
  co_return base::Result<void>();
}

net::Task<base::Result<std::size_t>> Body::read_some() { co_return co_await stream_->read_some(buffer_); }

// All body among the unread bytes, moved together where the first run of it lies: logs come in chunks of one line, and
// whoever reads them wants to wake once for all that have come.
base::Result<std::string_view> Body::gather() {
  if (fault_) return *fault_;
  char* start = nullptr;
  std::size_t size = 0;
  while (!ended_) {
    auto event = reader_.next(unread_);
    if (!event) {
      fault_ = event.error();
      break;
    }
    ended_ = event->kind == ResponseReader::Kind::end;
    if (event->kind != ResponseReader::Kind::body) break;
    char* const run = buffer_.data() + (event->body.data() - buffer_.data());
    if (start == nullptr) start = run;
    if (start + size != run) std::memmove(start + size, run, event->body.size());
    size += event->body.size();
  }
  if (size == 0 && fault_) return *fault_;
  return std::string_view(start, size);
}

net::Task<base::Result<Reply>> Client::fetch(Call call) {
  const net::Duration within = call.within;
  return net::with_deadline(network_.loop(), within, fetch_on(network_, endpoint_, std::move(call)));
}

net::Task<base::Result<std::unique_ptr<Body>>> Client::open(Call call) {
  const net::Duration within = call.within;
  return net::with_deadline(network_.loop(), within, open_on(network_, endpoint_, std::move(call)));
}

net::Task<base::Result<std::unique_ptr<Body>>> Client::open_on(net::Network& network, net::Endpoint endpoint,
                                                               Call call) {
  if (!is_sendable(call)) {
    co_return base::Error{base::Fault::bad_request, "cannot ask for " + call.method + " " + call.target};
  }
  const std::string request = serialize(call, host_of(endpoint));
  auto stream = co_await network.dial(endpoint);
  if (!stream) co_return stream.error();
  auto body = std::make_unique<Body>(network.loop(), std::move(*stream), call);
  // A server may answer and close before it has read everything, so a failed write does not end the call: the answer,
  // or its absence, does.
  auto written = co_await body->stream_->write(request);
  auto head = co_await body->read_head();
  if (!head && !written) co_return written.error();
  if (!head) co_return head.error();
  co_return std::move(body);
}

net::Task<base::Result<Reply>> Client::fetch_on(net::Network& network, net::Endpoint endpoint, Call call) {
  const std::size_t bytes_max = call.body_bytes_max;
  auto opened = co_await open_on(network, std::move(endpoint), std::move(call));
  if (!opened) co_return opened.error();
  Body& body = **opened;
  Reply reply{body.status(), body.head().headers, {}};
  for (;;) {
    auto run = co_await body.next();
    if (!run) co_return run.error();
    if (run->empty()) co_return std::move(reply);
    if (reply.body.size() + run->size() > bytes_max) {
      co_return base::Error{base::Fault::too_large,
                            "the answer is larger than " + std::to_string(bytes_max) + " bytes"};
    }
    reply.body.append(*run);
  }
}

}  // namespace http
