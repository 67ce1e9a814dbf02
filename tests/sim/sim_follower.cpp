#include "sim/sim_follower.hpp"

#include <algorithm>
#include <array>

#include "net/random.hpp"
#include "ws/frame.hpp"

namespace sim {
namespace {

using namespace std::chrono_literals;

constexpr net::Duration backoff_first = 50ms, backoff_max = 2s;

net::Duration drawn(net::Loop& loop, net::Duration most) {
  return net::Duration(loop.random().below(static_cast<std::uint64_t>(most.count()) + 1));
}

std::string options_of(const Witness& witness, bool as_query) {
  const Witness::Wish& wish = witness.wish();
  std::string text;
  const auto add = [&](const std::string& name, const std::string& value, bool quoted) {
    const std::string quote = quoted && !as_query ? "\"" : "";
    text += as_query ? (text.empty() ? "?" : "&") + name + "=" : ",\"" + name + "\":";
    text += quote + value + quote;
  };
  if (witness.resumes()) {
    add("since", witness.position(), true);
    if (witness.resumes_with()) add("tail", std::to_string(*witness.resumes_with()), false);
  } else {
    if (wish.since_ns) {
      const std::string nanoseconds = std::to_string(*wish.since_ns % 1'000'000'000);
      add("since",
          std::to_string(*wish.since_ns / 1'000'000'000) + "." + std::string(9 - nanoseconds.size(), '0') + nanoseconds,
          true);
    }
    if (wish.tail) add("tail", std::to_string(*wish.tail), false);
  }
  if (!wish.out) add("stdout", "false", false);
  if (!wish.err) add("stderr", "false", false);
  return text;
}

}  // namespace

SimFollower::SimFollower(net::Network& network, Stage& stage, Options options, const std::vector<Channel>& channels)
    : network_(network), loop_(network.loop()), stage_(stage), options_(std::move(options)), channels_(channels) {
  for (const Channel& channel : channels_)
    witnesses_.push_back(std::make_unique<Witness>(channel.truth, channel.wish, stage_.tally));
  job_ = net::Job(live());
}

void SimFollower::say(const std::string& text) const {
  if (stage_.say) stage_.say(options_.name, text);
}
void SimFollower::fail(const std::string& text) const { stage_.fail(options_.name + ": " + text); }

void SimFollower::hang_up() {
  over_ = true;
  if (stream_) stream_->close();
}

void SimFollower::leave() {
  gone_ = true;
  hang_up();
}

bool SimFollower::follows(const std::string& container) const {
  for (std::size_t i = 0; i < channels_.size(); ++i) {
    if (channels_[i].id == container) return !witnesses_[i]->removed();
  }
  return false;
}

std::string SimFollower::complete() {
  for (std::size_t i = 0; i < channels_.size(); ++i) {
    if (witnesses_[i]->removed()) continue;
    if (!witnesses_[i]->subscribed()) return options_.name + ": not subscribed to " + channels_[i].asked;
    if (const std::string missing = witnesses_[i]->complete(); !missing.empty())
      return options_.name + ", " + channels_[i].id.substr(0, 6) + ": " + missing;
  }
  return {};
}

net::Task<void> SimFollower::live() {
  co_await loop_.sleep(drawn(loop_, 20ms));
  while (!gone_) {
    over_ = connected_said_ = false;
    decoder_ = ws::Decoder();
    unread_.clear();
    early_.clear();
    const net::Endpoint door = stage_.doors[loop_.random().below(stage_.doors.size())];
    auto stream = co_await network_.dial(door);
    if (stream) {
      stream_ = std::move(*stream);
      door_ = door;
      say("connects to " + door.to_string());
      co_await talk();
      silence_.cancel();
      stream_.reset();
      door_.reset();
      going_since_.reset();
      for (auto& witness : witnesses_) witness->lose();
      ++stage_.tally["connections ended"];
      say("is disconnected");
    }
    if (all_removed()) gone_ = true;
    if (gone_) co_return;
    backoff_ = std::clamp(backoff_ * 2, backoff_first, net::Duration(backoff_max));
    const net::Duration pause = std::max(come_back_after_, drawn(loop_, backoff_));
    come_back_after_ = {};
    co_await loop_.sleep(pause);
  }
}

net::Task<void> SimFollower::talk() {
  silence_ = loop_.after(options_.patience, [this] { hang_up(); });
  const bool upgraded = co_await upgrade();
  if (!upgraded) co_return;
  const bool asked = co_await ask();
  if (!asked) co_return;
  next_stall_ = loop_.now() + drawn(loop_, options_.stall_max);
  std::array<char, 16 * 1024> buffer;
  const std::span<char> rest_of_upgrade(unread_);
  const bool went_on = co_await take(rest_of_upgrade);
  if (!went_on) co_return;
  for (;;) {
    co_await rest();
    std::size_t bytes = options_.pace == Pace::slow ? std::min(options_.slow_bytes, buffer.size()) : buffer.size();
    const bool read_on = co_await read(buffer, bytes);
    if (!read_on) co_return;
    const std::span<char> got(buffer.data(), bytes);
    const bool taken = co_await take(got);
    if (!taken) co_return;
  }
}

// Between two reads of one who is not fast.
net::Task<void> SimFollower::rest() {
  if (options_.pace == Pace::slow) {
    co_await loop_.sleep(options_.slow_pause);
  } else if (options_.pace == Pace::stalling && loop_.now() >= next_stall_) {
    ++stage_.tally["followers stalled"];
    say("stops reading");
    const net::Instant until = loop_.now() + drawn(loop_, options_.stall_max);
    while (loop_.now() < until && options_.pace == Pace::stalling && !over_) co_await loop_.sleep(500ms);
    next_stall_ = loop_.now() + drawn(loop_, options_.stall_max);
  }
}

// `bytes`: at most so many, then so many as came.
net::Task<bool> SimFollower::read(std::span<char> into, std::size_t& bytes) {
  if (over_) co_return false;
  const auto got = co_await stream_->read_some(into.first(bytes));
  if (over_ || !got || *got == 0) co_return false;
  bytes = *got;
  silence_ = loop_.after(options_.patience, [this] {
    ++stage_.tally["followers out of patience"];
    hang_up();
  });
  co_return true;
}

std::string SimFollower::request() {
  std::string target = "/ws";
  const bool path = options_.door == Door::path || options_.door == Door::quiet_path;
  if (path) ask(*witnesses_[0]);
  if (path) target = "/ws/containers/" + channels_[0].asked + "/logs" + options_of(*witnesses_[0], true);
  std::string text = "GET " + target +
                     " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                     "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  if (witnesses_[0]->wish().form == feeds::Form::batch) text += "Sec-WebSocket-Protocol: dockcast.v1\r\n";
  return text + "\r\n";
}

// Who opened quietly would not be told that the tail began behind its position.
void SimFollower::ask(Witness& witness) {
  Witness::Asking asking{door_->host, stage_.settled(), {}};
  const bool resumes_aloud = witness.resumes() && options_.door != Door::quiet_path;
  if (resumes_aloud && loop_.random().chance(0.05)) asking.tail = loop_.random().below(30);
  witness.ask(asking);
}

net::Task<bool> SimFollower::upgrade() {
  const std::string text = request();
  const auto sent = co_await stream_->write(text);
  if (!sent) co_return false;
  std::array<char, 4096> buffer;
  for (;;) {
    std::size_t bytes = buffer.size();
    const bool read_on = co_await read(buffer, bytes);
    if (!read_on) co_return false;
    unread_.append(buffer.data(), bytes);
    const auto end = unread_.find("\r\n\r\n");
    if (end == unread_.npos) continue;
    if (!unread_.starts_with("HTTP/1.1 101 ")) {
      const std::string status = unread_.substr(9, 3);
      ++stage_.tally["upgrades refused " + status];
      say("is refused: " + unread_.substr(0, unread_.find('\r')));
      if (status != "503") fail("an upgrade was refused: " + unread_);
      co_return false;
    }
    unread_.erase(0, end + 4);
    co_return true;
  }
}

std::string SimFollower::wish_json(std::size_t number, const std::string& head) const {
  return head + "\"channel\":\"container:logs:" + channels_[number].asked + "\"" +
         options_of(*witnesses_[number], false) + "}";
}

net::Task<bool> SimFollower::ask() {
  if (options_.door == Door::path || options_.door == Door::quiet_path) co_return true;
  std::string all;
  for (std::size_t i = 0; i < channels_.size(); ++i) {
    if (witnesses_[i]->removed()) continue;
    if (options_.door == Door::subscribe) {
      ask(*witnesses_[i]);
      std::string one = wish_json(i, R"({"type":"subscribe","id":)" + std::to_string(i) + ",");
      const bool sent = co_await send(ws::Opcode::text, std::move(one));
      if (!sent) co_return false;
    } else {
      ask(*witnesses_[i]);
      all += (all.empty() ? "" : ",") + wish_json(i, "{");
    }
  }
  if (options_.door == Door::subscribe) co_return true;
  all = R"({"type":"connect","id":"c","subscriptions":[)" + all + "]}";
  co_return co_await send(ws::Opcode::text, std::move(all));
}

net::Task<bool> SimFollower::send(ws::Opcode opcode, std::string text) {
  if (opcode == ws::Opcode::text) say("> " + text);
  std::string frame;
  ws::append_masked_frame(frame, opcode, text, {1, 2, 3, 4});
  const auto sent = co_await stream_->write(frame);
  co_return sent.has_value();
}

net::Task<bool> SimFollower::take(std::span<char> bytes) {
  const ws::Rules rules{.message_bytes_max = 64 << 20, .masked = false};
  for (;;) {
    const ws::Event event = decoder_.next(bytes, rules);
    switch (event.kind) {
      case ws::Event::Kind::none:
        co_return !over_ && !all_removed();
      case ws::Event::Kind::text:
        hear(event.text);
        if (over_) co_return false;
        break;
      case ws::Event::Kind::ping: {
        std::string echo(event.text);
        const bool sent = co_await send(ws::Opcode::pong, std::move(echo));
        if (!sent) co_return false;
        break;
      }
      case ws::Event::Kind::close:
        closed(event.code, event.text);
        co_return false;
      case ws::Event::Kind::pong:
        break;
      default:
        fail("a broken frame: " + std::string(event.text));
        co_return false;
    }
  }
}

}  // namespace sim
