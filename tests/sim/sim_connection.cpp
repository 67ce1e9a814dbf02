// The HTTP of the simulated Engine: heads in, plain answers and chunks out.
#include "sim/sim_connection.hpp"

#include <algorithm>
#include <charconv>

namespace sim {
namespace {

constexpr std::size_t head_bytes_max = 64 * 1024;

std::string decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    const char* hex = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size() && std::from_chars(hex, hex + 2, byte, 16).ptr == hex + 2) {
      plain += static_cast<char>(byte);
      i += 2;
    } else {
      plain += text[i] == '+' ? ' ' : text[i];
    }
  }
  return plain;
}

// "GET /v1.41/containers/json?all=1 HTTP/1.1" and what follows it.
SimRequest parse(std::string_view head) {
  SimRequest request;
  const std::string_view line = head.substr(0, head.find("\r\n"));
  const auto first = line.find(' '), last = line.rfind(' ');
  if (first == line.npos || last == first) return request;
  request.method = line.substr(0, first);
  request.http_1_0 = line.substr(last + 1) == "HTTP/1.0";
  std::string_view target = line.substr(first + 1, last - first - 1);
  const auto mark = target.find('?');
  std::string_view query = mark == target.npos ? std::string_view() : target.substr(mark + 1);
  std::string_view path = target.substr(0, mark);
  if (path.starts_with("/v") && path.size() > 2 && path[2] >= '0' && path[2] <= '9') {
    const auto slash = std::min(path.find('/', 1), path.size());
    request.version = path.substr(2, slash - 2);
    path.remove_prefix(slash);
  }
  request.path = decoded(path);
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const auto equals = std::min(pair.find('='), pair.size());
    request.query.emplace(decoded(pair.substr(0, equals)),
                          equals < pair.size() ? decoded(pair.substr(equals + 1)) : std::string());
  }
  return request;
}

bool asks_to_close(std::string_view head) {
  std::string lower(head);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return lower.find("\r\nconnection: close\r\n") != lower.npos;
}

}  // namespace

bool SimRequest::yes(const std::string& name) const {
  std::string value = get(name);
  std::transform(value.begin(), value.end(), value.begin(), [](unsigned char c) { return std::tolower(c); });
  return !(value.empty() || value == "0" || value == "no" || value == "false" || value == "none");
}

SimConnection::SimConnection(SimEngine& engine, std::unique_ptr<net::Stream> stream)
    : engine_(engine), stream_(std::move(stream)), changed_(engine.loop_) {}

void SimConnection::start() {
  reader_ = net::Job(read_ahead());
  server_ = net::Job(serve());
}

net::Task<void> SimConnection::read_ahead() {
  std::array<char, 4096> buffer;
  while (in_.size() < head_bytes_max) {
    auto got = co_await stream_->read_some(buffer);
    if (!got || *got == 0) break;
    in_.append(buffer.data(), *got);
    changed_.notify();
  }
  gone_ = true;
  changed_.notify();
}

net::Task<void> SimConnection::serve() {
  for (;;) {
    const std::string head = co_await next_head();
    if (head.empty()) break;
    ++engine_.counts_.requests;
    SimRequest request = parse(head);
    head_only_ = request.method == "HEAD";
    keep_alive_ = !request.http_1_0 && !asks_to_close(head);
    co_await answer(std::move(request));
    if (gone_ || !keep_alive_) break;
  }
  engine_.drop(*this);
}

net::Task<std::string> SimConnection::next_head() {
  for (;;) {
    const auto end = in_.find("\r\n\r\n");
    if (engine_.serving() && end != in_.npos) {
      std::string head = in_.substr(0, end + 2);
      in_.erase(0, end + 4);
      co_return head;
    }
    if (gone_) co_return std::string();
    co_await changed_.wait();
  }
}

net::Task<bool> SimConnection::ready() {
  while (!engine_.serving() && !gone_) co_await changed_.wait();
  co_return !gone_;
}

net::Task<bool> SimConnection::write(std::string text) {
  const bool here = co_await ready();
  if (!here) co_return false;
  auto written = co_await stream_->write(text);
  if (!written) gone_ = true;
  co_return !gone_;
}

net::Task<void> SimConnection::send(SimAnswer answer) {
  static const std::map<int, std::string> reasons = {
      {200, "OK"},       {301, "Moved Permanently"},     {400, "Bad Request"},    {404, "Not Found"},
      {409, "Conflict"}, {500, "Internal Server Error"}, {501, "Not Implemented"}};
  std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " " + reasons.at(answer.status) + "\r\n";
  text += "Api-Version: 1." + std::to_string(api_minor()) + "\r\nContent-Type: " + answer.type + "\r\n";
  text += old() ? "Server: Docker/20.10.24 (linux)\r\n" : "Server: Docker/26.1.5 (linux)\r\n";
  for (const auto& [name, value] : answer.headers) text += name + ": " + value + "\r\n";
  text += "Content-Length: " + std::to_string(head_only_ ? 0 : answer.body.size()) + "\r\n";
  if (!keep_alive_) text += "Connection: close\r\n";
  text += "\r\n";
  if (!head_only_) text += answer.body;
  co_await write(std::move(text));
}

net::Task<void> SimConnection::answer(SimRequest request) {
  // What a busy daemon does in between.
  const bool late = engine_.loop_.random().chance(engine_.options().late_chance);
  co_await engine_.loop_.sleep(std::chrono::microseconds(100 + engine_.loop_.random().below(late ? 20'000 : 400)));
  const bool get = request.method == "GET" && version_refused(request).status == 200;
  if (get && request.path == "/events") {
    co_await events(std::move(request));
  } else if (get && request.path.starts_with("/containers/") && request.path.ends_with("/logs")) {
    co_await logs(std::move(request));
  } else if (get && request.path.starts_with("/containers/") && request.path.ends_with("/stats")) {
    co_await stats(std::move(request));
  } else {
    co_await send(plain(request));
  }
}

}  // namespace sim
