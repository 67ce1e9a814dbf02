#include "redis/client.hpp"

#include "base/log.hpp"
#include "redis/refusal.hpp"

namespace redis {
namespace {

using namespace std::chrono_literals;
using base::Error;
using base::Fault;
using base::Result;

constexpr net::Duration ping_every = 1s;        // of a quiet connection, so that its death is noticed
constexpr net::Duration complain_every = 1min;  // of what does not change

}  // namespace

std::string milliseconds(net::Duration duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

Client::Client(net::Network& network, Address address, Settings settings)
    : loop_(network.loop()),
      settings_(settings),
      self_(std::make_shared<Client*>(this)),
      link_(network, std::move(address), *this) {}

void Client::on_connected(std::function<void(bool)> observer) { observers_.push_back(std::move(observer)); }

Client::Counts Client::counts() const {
  Counts counts = counts_;
  counts.dials = link_.dials();
  counts.pending = pending_.size();
  return counts;
}

void Client::call(Parts parts, OnReply on_reply) {
  Connection* connection = link_.connection();
  if (connection == nullptr) return refuse(std::move(on_reply), "Redis is down");
  std::size_t bytes = connection->unsent_bytes();
  for (const std::string_view part : parts) bytes += part.size();
  if (pending_.size() >= settings_.pending_max || bytes > settings_.pending_bytes_max) {
    ++counts_.refused;
    return refuse(std::move(on_reply), "Redis does not keep up: too much waits for it");
  }
  connection->send(parts);
  pending_.push_back({std::move(on_reply), loop_.now() + settings_.answer_max});
  watch_deadline();
}

net::Task<Result<Reply>> Client::send(std::vector<std::string> parts) {
  std::vector<std::vector<std::string>> commands;
  commands.push_back(std::move(parts));
  auto replies = co_await pipeline(std::move(commands));
  co_return std::move(replies[0]);
}

net::Task<std::vector<Result<Reply>>> Client::pipeline(std::vector<std::vector<std::string>> commands) {
  struct Answers {
    explicit Answers(net::Loop& loop) : all_here(loop) {}
    std::vector<Result<Reply>> replies;
    std::size_t missing = 0;
    net::Signal all_here;
  };
  const auto answers = std::make_shared<Answers>(loop_);
  answers->missing = commands.size();
  answers->replies.resize(commands.size(), base::Error{});
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const std::vector<std::string_view> parts(commands[i].begin(), commands[i].end());
    call(parts, [answers, i](Result<Reply> reply) {
      answers->replies[i] = std::move(reply);
      if (--answers->missing == 0) answers->all_here.notify();
    });
  }
  if (!commands.empty()) co_await answers->all_here.wait();
  co_return std::move(answers->replies);
}

net::Task<Result<Reply>> Client::run(const Script& script, std::size_t keys, std::vector<std::string> parts) {
  parts.insert(parts.begin(), {"EVALSHA", std::string(script.sha1), std::to_string(keys)});
  auto reply = co_await send(parts);
  if (reply || reply.error().fault != Fault::not_found) co_return reply;
  parts[0] = "EVAL";
  parts[1] = script.text;
  co_return co_await send(std::move(parts));
}

void Client::refuse(OnReply on_reply, const char* why) {
  if (!on_reply) return;
  loop_.post([self = std::weak_ptr<Client*>(self_), on_reply = std::move(on_reply), why]() mutable {
    if (self.lock()) on_reply(Error{Fault::unavailable, why});
  });
}

// All commands have the same time, so the first one's deadline is the next. The timer is set once per deadline that
// was really near, not once per command.
void Client::watch_deadline() {
  if (deadline_watched_ || pending_.empty()) return;
  deadline_watched_ = true;
  deadline_ = loop_.after(pending_.front().deadline - loop_.now(), [this] {
    deadline_watched_ = false;
    if (pending_.empty() || pending_.front().deadline > loop_.now()) return watch_deadline();
    ++counts_.timed_out;
    link_.drop(Error{Fault::timed_out, "Redis does not answer"});
  });
}

void Client::on_up() {
  keep_alive();
  for (auto& observer : observers_) observer(true);
}

void Client::keep_alive() {
  ping_ = loop_.after(ping_every, [this] {
    static constexpr std::array<std::string_view, 1> ping = {"PING"};
    if (pending_.empty()) call(ping, {});
    keep_alive();
  });
}

void Client::on_reply(Reply reply) {
  if (pending_.empty()) return link_.drop(Error{Fault::protocol, "Redis answered what nobody asked"});
  OnReply on_reply = std::move(pending_.front().on_reply);
  pending_.pop_front();
  if (reply.kind != Reply::Kind::error) {
    if (on_reply) on_reply(std::move(reply));
    return;
  }
  Refusal refusal = judge(reply.text);
  if (refusal.redial) {
    link_.drop(refusal.error);
  } else if (refusal.error.fault != Fault::not_found) {  // run() sends the script then
    complain(refusal.error);
  }
  if (on_reply) on_reply(std::move(refusal.error));
}

void Client::complain(const Error& error) {
  const bool said = error.message == complaint_ && loop_.now() - complained_ < complain_every;
  if (said) return;
  complaint_ = error.message;
  complained_ = loop_.now();
  base::log::warn("Redis refuses a command", {{"reason", error.message}});
}

void Client::on_down(const Error& why) {
  ping_.cancel();
  deadline_.cancel();
  deadline_watched_ = false;
  for (auto& observer : observers_) observer(false);
  // The first one may have used up its time; the others were only behind it.
  Error error = why;
  for (auto& pending : std::exchange(pending_, {})) {
    if (pending.on_reply) pending.on_reply(error);
    error.fault = Fault::closed;
  }
}

}  // namespace redis
