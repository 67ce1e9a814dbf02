#include "tunnel/directory.hpp"

#include <algorithm>
#include <utility>

#include "net/random.hpp"
#include "tunnel/frame.hpp"

namespace tunnel {

using namespace std::chrono_literals;

constexpr net::Duration ask_again_after = 500ms;  // where nobody could be asked
constexpr net::Duration look_again_after = 1s;    // where the Registry is young
// Redis may have been away until we asked: the others dial it for two seconds and pause for four at most
// (redis/link.cpp), ask themselves then, and are answered.
constexpr net::Duration settled_after = 2s + 4s + 1s;
// They have written the Registry by then, too. Where it is older than that, who is there need only answer.
constexpr net::Duration answered_after = 1s;
// Hosts have answered by then, and one of those who answer for the missing ones speaks first.
constexpr net::Duration answer_after = 300ms, answer_spread = 300ms;

// Whoever can never read the Registry knows by time alone.
bool passing(const base::Error& error) {
  using base::Fault;
  return error.fault == Fault::unavailable || error.fault == Fault::timed_out || error.fault == Fault::closed;
}

Directory::Directory(Wire::Place place, Registry& registry, std::string self, OnEngine on_engine, OnAsked on_asked)
    : place_(place),
      registry_(registry),
      self_(std::move(self)),
      on_engine_(std::move(on_engine)),
      on_asked_(std::move(on_asked)),
      following_(place_.bus.follow(hosts_channel, *this)) {}

void Directory::on_following() {
  hearing_since_ = place_.loop.now();
  ask();
  look_up();
}

// What is published goes by another connection than what is heard, which may be away.
void Directory::ask() {
  place_.bus.publish(hosts_channel, encode(Frame{Kind::who, 0, 0, {}}),
                     [this, alive = std::weak_ptr(alive_)](const base::Result<std::uint64_t>& receivers) {
                       if (!alive.lock() || !hearing_since_) return;
                       if (!receivers) return void(asker_ = place_.loop.after(ask_again_after, [this] { ask(); }));
                       if (!asked_at_) asked_at_ = place_.loop.now();
                     });
}

void Directory::look_up() {
  registry_.look([this, alive = std::weak_ptr(alive_)](const base::Result<Registry::Record>& record) {
    if (!alive.lock()) return;
    if (record) read(*record);
    looked_up_ |= record || !passing(record.error());
    if (!hearing_since_ || recorded_ || (looked_up_ && settled())) return;
    reader_ = place_.loop.after(record ? look_again_after : ask_again_after, [this] { look_up(); });
  });
}

void Directory::read(const Registry::Record& record) {
  recorded_ |= record.age >= settled_after;
  for (const Registry::Entry& each : record.engines) hear_of(each.engine, each.age);
}

void Directory::on_lost() {
  if (!settled()) asked_at_.reset();  // the answers may be lost
  hearing_since_.reset();
  asker_ = {};
  reader_ = {};
}

bool Directory::settled() const {
  return looked_up_ && asked_at_ && place_.loop.now() - *asked_at_ >= (recorded_ ? answered_after : settled_after);
}

void Directory::on_frame(std::string_view bytes) {
  const auto frame = decode(bytes);
  if (frame && frame->kind == Kind::who) {
    answer_soon();
    return on_asked_();
  }
  if (frame && frame->kind == Kind::known) return hear_of(*frame);
  const auto said = frame ? decode_announcement(frame->payload) : std::nullopt;
  if (!said) return;
  const std::string name(said->engine), host(said->host);
  if (host == self_) return forget(name);  // whoever else reaches it says so himself
  if (frame->kind == Kind::gone) return doubt(name, host);
  Engine* engine = frame->kind == Kind::here ? find_or_add(name) : nullptr;
  if (engine == nullptr) return;
  std::erase_if(engine->hosts, [this](const auto& each) { return place_.loop.now() - each.second > patience; });
  if (!engine->hosts.contains(host) && engine->hosts.size() >= hosts_max) return;
  engine->hosts[host] = engine->heard = place_.loop.now();
  engine->told_of = true;
  on_engine_(name, true);
}

Directory::Engine* Directory::find_or_add(const std::string& name) {
  if (!engines_.contains(name) && engines_.size() >= engines_max) return nullptr;
  return &engines_[name];
}

void Directory::hear_of(const Frame& frame) {
  if (frame.number > static_cast<std::uint64_t>(remembered / 1s)) return;
  Engine* engine = hear_of(std::string(frame.payload), std::chrono::seconds(frame.number));
  if (engine == nullptr) return;
  engine->told = place_.loop.now();
  // The Registry makes it no younger.
  if (!engine->told_of) engine->heard = std::min(engine->heard, engine->told - std::chrono::seconds(frame.number));
  engine->told_of = true;
}

Directory::Engine* Directory::hear_of(const std::string& name, net::Duration age) {
  const bool is_new = !engines_.contains(name);
  Engine* engine = find_or_add(name);
  if (engine == nullptr || !is_new) return engine;
  engine->heard = place_.loop.now() - age;
  on_engine_(name, false);
  return engine;
}

void Directory::answer_soon() {
  if (std::exchange(asked_, true)) return;
  const auto spread = net::Duration(
      static_cast<std::int64_t>(place_.loop.random().unit() * static_cast<double>(answer_spread.count())));
  answerer_ = place_.loop.after(answer_after + spread, [this, asked = place_.loop.now()] { answer(asked); });
}

void Directory::answer(net::Instant asked) {
  asked_ = false;
  const net::Instant now = place_.loop.now();
  for (const auto& [name, engine] : engines_) {
    if (!engine.told_of || engine.heard >= asked || engine.told >= asked || now - engine.heard > remembered) continue;
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - engine.heard);
    place_.bus.publish(hosts_channel, encode(Frame{Kind::known, 0, static_cast<std::uint64_t>(age.count()), name}), {});
  }
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

bool Directory::forgotten(const std::string& engine) const {
  if (!hearing_since_) return false;
  const auto found = engines_.find(engine);
  if (found == engines_.end()) return true;
  const net::Duration silent = place_.loop.now() - std::max(found->second.heard, *hearing_since_);
  return silent > (found->second.told_of ? remembered : Registry::kept);
}

}  // namespace tunnel
