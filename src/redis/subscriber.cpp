#include "redis/subscriber.hpp"

#include <algorithm>

#include "redis/refusal.hpp"

namespace redis {

using base::Error;
using base::Fault;

// One connection and its channels. What we want of a channel and what Redis was asked for may differ for a while: the
// pump evens it out. Redis answers in order, so a subscription stands when nothing is unanswered and the last question
// was SUBSCRIBE.
class Subscriber::Lane final : private Link::Owner {
 public:
  Lane(net::Network& network, const Address& address, Handler& handler, const Settings& settings)
      : loop_(network.loop()), handler_(handler), settings_(settings), link_(network, address, *this) {}

  void want(std::string_view name, bool wanted) {
    auto found = channels_.find(name);
    if (found == channels_.end()) found = channels_.emplace(std::string(name), Channel{}).first;
    Channel& channel = found->second;
    CHECK(channel.wanted != wanted);
    channel.wanted = wanted;
    channel.standing = false;
    queue(found->first, channel);
  }

  Link& link() { return link_; }
  const Link& link() const { return link_; }

 private:
  struct Channel {
    bool wanted = false;
    bool asked = false;  // Redis' last word from us was SUBSCRIBE
    bool queued = false;
    bool standing = false;
    int unanswered = 0;
  };
  using Channels = std::map<std::string, Channel, std::less<>>;
  using Names = std::vector<std::string_view>;

  void on_up() override {
    heard_ = loop_.now();
    watch_silence();
    std::vector<std::pair<std::size_t, Channels::iterator>> all;
    for (auto at = channels_.begin(); at != channels_.end(); ++at) all.emplace_back(handler_.followers(at->first), at);
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    for (const auto& [followers, at] : all) queue(at->first, at->second);
    handler_.on_lanes_changed();
  }

  void on_down(const Error&) override {
    silence_.cancel();
    pump_.cancel();
    pumping_ = false;
    queue_.clear();
    std::vector<std::string> cut;
    for (auto at = channels_.begin(); at != channels_.end();) {
      if (at->second.standing) cut.push_back(at->first);
      const bool wanted = at->second.wanted;
      at->second = Channel{.wanted = wanted};
      at = wanted ? std::next(at) : channels_.erase(at);
    }
    for (const std::string& name : cut) handler_.on_cut(name);
    handler_.on_lanes_changed();
  }

  void on_reply(Reply reply) override {
    heard_ = loop_.now();
    if (reply.kind == Reply::Kind::error) return link_.drop(judge(reply.text).error);
    if (reply.items.size() != 3) return;  // a pong
    const std::string& what = reply.items[0].text;
    const auto found = channels_.find(reply.items[1].text);
    if (found == channels_.end()) return;
    if (what == "message") {
      if (found->second.standing) handler_.on_message(found->first, reply.items[2].text);
    } else if (what == "subscribe" || what == "unsubscribe") {
      if (found->second.unanswered > 0) --found->second.unanswered;
      settle(found);
    }
  }

  void queue(const std::string& name, Channel& channel) {
    if (!link_.connected() || std::exchange(channel.queued, true)) return;
    queue_.push_back(name);
    if (!std::exchange(pumping_, true)) pump_ = loop_.after(net::Duration(0), [this] { pump(); });
  }

  void pump() {
    Names subscribe = {"SUBSCRIBE"};
    Names unsubscribe = {"UNSUBSCRIBE"};
    std::vector<std::string> settled;
    for (std::size_t left = settings_.names_per_tick; left > 0 && !queue_.empty(); --left) {
      const auto found = channels_.find(queue_.front());
      queue_.pop_front();
      CHECK(found != channels_.end());
      Channel& channel = found->second;
      channel.queued = false;
      if (channel.asked == channel.wanted) {
        settled.push_back(found->first);
        continue;
      }
      channel.asked = channel.wanted;
      ++channel.unanswered;
      (channel.wanted ? subscribe : unsubscribe).push_back(found->first);
    }
    if (Connection* connection = link_.connection()) {
      if (subscribe.size() > 1) connection->send(subscribe);
      if (unsubscribe.size() > 1) connection->send(unsubscribe);
    }
    if (queue_.empty()) {
      pumping_ = false;
    } else {
      pump_ = loop_.after(settings_.tick, [this] { pump(); });
    }
    for (const std::string& name : settled) settle(channels_.find(name));
  }

  // Wanted and asked for, and nothing unanswered: it stands. Neither: it is forgotten.
  void settle(Channels::iterator at) {
    if (at == channels_.end()) return;
    Channel& channel = at->second;
    if (channel.unanswered > 0 || channel.asked != channel.wanted || channel.queued) return;
    if (!channel.wanted) {
      channels_.erase(at);
    } else if (!std::exchange(channel.standing, true)) {
      handler_.on_subscribed(at->first);
    }
  }

  void watch_silence() {
    silence_ = loop_.after(settings_.ping_every, [this] {
      static constexpr std::array<std::string_view, 1> ping = {"PING"};
      const net::Duration silence = loop_.now() - heard_;
      if (silence >= settings_.silence_max) return link_.drop(Error{Fault::timed_out, "A subscription is silent"});
      if (Connection* connection = link_.connection()) connection->send(ping);
      watch_silence();
    });
  }

  net::Loop& loop_;
  Handler& handler_;
  const Settings settings_;
  Channels channels_;
  std::deque<std::string> queue_;
  net::Timer pump_;
  bool pumping_ = false;
  net::Timer silence_;
  net::Instant heard_;
  Link link_;
};

Subscriber::Subscriber(net::Network& network, const Address& address, Handler& handler, Settings settings) {
  CHECK(settings.lanes > 0);
  for (std::size_t i = 0; i < settings.lanes; ++i) {
    lanes_.push_back(std::make_unique<Lane>(network, address, handler, settings));
  }
}

Subscriber::~Subscriber() = default;

void Subscriber::subscribe(std::string_view channel) { lanes_[lane_of(channel)]->want(channel, true); }
void Subscriber::unsubscribe(std::string_view channel) { lanes_[lane_of(channel)]->want(channel, false); }

bool Subscriber::connected() const {
  return std::all_of(lanes_.begin(), lanes_.end(), [](const auto& lane) { return lane->link().connected(); });
}

std::string Subscriber::reason() const {
  for (const auto& lane : lanes_) {
    if (!lane->link().connected()) return lane->link().reason();
  }
  return {};
}

// FNV-1a: the same everywhere, so that a simulation replays.
std::size_t Subscriber::lane_of(std::string_view channel) const {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : channel) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash % lanes_.size();
}

void Subscriber::drop(std::size_t lane, Error why) { lanes_[lane]->link().drop(std::move(why)); }

std::uint64_t Subscriber::dials() const {
  std::uint64_t dials = 0;
  for (const auto& lane : lanes_) dials += lane->link().dials();
  return dials;
}

}  // namespace redis
