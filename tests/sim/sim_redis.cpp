#include "sim/sim_redis.hpp"

#include <algorithm>

#include "net/random.hpp"
#include "sim/sim_redis_client.hpp"

namespace sim {

SimRedisClient::SimRedisClient(SimRedis& server, std::unique_ptr<net::Stream> stream)
    : server_(server), stream_(std::move(stream)), in_(64 << 20), written_(server.loop_) {}

void SimRedisClient::start() {
  writer_ = net::Job(write_for_ever());
  reader_ = net::Job(read_for_ever());
}

net::Task<void> SimRedisClient::read_for_ever() {
  std::array<char, 16 * 1024> buffer;
  for (;;) {
    const auto got = co_await stream_->read_some(buffer);
    if (!got || *got == 0 || !in_.feed(std::string_view(buffer.data(), *got))) break;
    work();
  }
  stream_->close();
  server_.forget(*this);
}

void SimRedisClient::work() {
  while (!server_.stalled_) {
    auto command = in_.next();
    if (!command) return stream_->close();
    if (!*command) return;
    std::vector<std::string> words;
    for (auto& item : (**command).items) words.push_back(std::move(item.text));
    if (words.empty()) continue;
    std::string out;
    server_.execute(*this, words, out);
    send(out);
  }
}

void SimRedisClient::send(std::string_view bytes) {
  out_ += bytes;
  if (out_.size() + writing_.size() > server_.options_.output_bytes_max) {
    ++server_.counts_.cut_for_output;
    out_.clear();
    return stream_->close();
  }
  written_.notify();
}

net::Task<void> SimRedisClient::write_for_ever() {
  for (;;) {
    co_await written_.wait();
    while (!out_.empty()) {
      writing_.clear();
      std::swap(out_, writing_);
      const auto written = co_await stream_->write(writing_);
      if (!written) co_return stream_->close();
      writing_.clear();
    }
  }
}

SimRedis::SimRedis(net::Network& network, net::Endpoint endpoint, Options options)
    : network_(network),
      loop_(network.loop()),
      endpoint_(std::move(endpoint)),
      options_(std::move(options)),
      store_(loop_),
      self_(std::make_shared<SimRedis*>(this)) {
  listen();
}

SimRedis::~SimRedis() = default;

void SimRedis::listen() {
  run_id_ = std::to_string(loop_.random().next());
  auto listener = network_.listen(endpoint_, [this](net::Accepted accepted) {
    clients_.push_back(std::make_unique<SimRedisClient>(*this, network_.adopt(std::move(accepted.socket))));
    clients_.back()->start();
  });
  CHECK(listener);
  listener_ = std::move(*listener);
  endpoint_.port = listener_->port();  // where it is found again after a restart
}

// What a client sent before it left is still carried out after a stall. It may be in the middle of its own work.
void SimRedis::forget(SimRedisClient& client) {
  client.gone = true;
  if (stalled_) return;
  client.channels.clear();
  loop_.post([self = std::weak_ptr<SimRedis*>(self_), &client] {
    if (const auto alive = self.lock()) std::erase_if((*alive)->clients_, [&](auto& c) { return c.get() == &client; });
  });
}

void SimRedis::cut_everything() {
  for (auto& client : clients_) {
    client->channels.clear();
    client->close();
  }
}

void SimRedis::kill() {
  ++counts_.restarts;
  listener_.reset();
  cut_everything();
  if (std::exchange(stalled_, false)) {
    for (auto& client : clients_) {
      if (client->gone) forget(*client);
    }
  }
  store_.clear();
  scripts_.clear();
}

void SimRedis::start() { listen(); }

void SimRedis::stall() {
  ++counts_.stalls;
  stalled_ = true;
}

void SimRedis::resume() {
  stalled_ = false;
  for (auto& client : clients_) {
    client->work();
    if (client->gone) forget(*client);
  }
}

void SimRedis::step_clock(net::Duration by) {
  ++counts_.clock_steps;
  store_.step_clock(by);
}

void SimRedis::flush() {
  ++counts_.flushes;
  store_.clear();
}

void SimRedis::fork() { store_.remember(); }

void SimRedis::fail_over() {
  ++counts_.failovers;
  store_.fall_back();
  scripts_.clear();
  run_id_ = std::to_string(loop_.random().next());
  cut_everything();
}

void SimRedis::kill_subscribers() {
  for (auto& client : clients_) {
    if (client->channels.empty()) continue;
    ++counts_.subscribers_killed;
    client->channels.clear();
    client->close();
  }
}

std::size_t SimRedis::subscribers(std::string_view channel) const {
  return static_cast<std::size_t>(std::count_if(
      clients_.begin(), clients_.end(), [channel](const auto& client) { return client->channels.contains(channel); }));
}

}  // namespace sim
