#include "tunnel/directory.hpp"

#include "tunnel/frame.hpp"

namespace tunnel {

constexpr net::Duration settled_after = std::chrono::seconds(1);

Directory::Directory(Wire::Place place, std::string self, OnEngine on_engine, OnAsked on_asked)
    : place_(place),
      self_(std::move(self)),
      on_engine_(std::move(on_engine)),
      on_asked_(std::move(on_asked)),
      following_(place_.bus.follow(hosts_channel, *this)) {}

void Directory::on_following() {
  if (!asked_at_) asked_at_ = place_.loop.now();
  place_.bus.publish(hosts_channel, encode(Frame{Kind::who, 0, 0, {}}), {});
}

bool Directory::settled() const { return asked_at_ && place_.loop.now() - *asked_at_ >= settled_after; }

void Directory::on_frame(std::string_view bytes) {
  const auto frame = decode(bytes);
  if (frame && frame->kind == Kind::who) return on_asked_();
  const auto said = frame ? decode_announcement(frame->payload) : std::nullopt;
  if (!said || said->host == self_) return;
  const std::string name(said->engine), host(said->host);
  if (frame->kind == Kind::gone) return doubt(name, host);
  if (frame->kind != Kind::here || (!engines_.contains(name) && engines_.size() >= engines_max)) return;
  Engine& engine = engines_[name];
  std::erase_if(engine.hosts, [this](const auto& each) { return place_.loop.now() - each.second > patience; });
  if (!engine.hosts.contains(host) && engine.hosts.size() >= hosts_max) return;
  engine.hosts[host] = engine.heard = place_.loop.now();
  on_engine_(name);
}

std::optional<std::string> Directory::host_of(const std::string& name) {
  const auto found = engines_.find(name);
  if (found == engines_.end()) return std::nullopt;
  Engine& engine = found->second;
  std::erase_if(engine.hosts, [this](const auto& each) { return place_.loop.now() - each.second > patience; });
  if (engine.hosts.empty()) return std::nullopt;
  auto next = engine.hosts.upper_bound(engine.last);
  if (next == engine.hosts.end()) next = engine.hosts.begin();
  engine.last = next->first;
  return engine.last;
}

void Directory::doubt(const std::string& engine, const std::string& host) {
  if (const auto found = engines_.find(engine); found != engines_.end()) found->second.hosts.erase(host);
}

std::optional<net::Instant> Directory::heard(const std::string& engine) const {
  const auto found = engines_.find(engine);
  return found == engines_.end() ? std::nullopt : std::optional(found->second.heard);
}

}  // namespace tunnel
