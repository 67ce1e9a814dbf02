// Server, as one of a cluster: what it tells of its sessions, and what it answers about everybody's.
#include <algorithm>

#include "api/cluster_json.hpp"
#include "api/server.hpp"

namespace api {
namespace {

using roster::SessionNews;

// So many at once, so that what waits to be told has a bound.
constexpr std::size_t news_max = 1'000;
// So many a turn, so that a census keeps nobody waiting.
constexpr std::uint32_t slots_at_once = 500;

std::uint64_t subscriptions_of(const Conversation& talk) {
  const auto all = talk.subscriptions();
  return all.size() - static_cast<std::size_t>(std::count(all.begin(), all.end(), 0U));
}

// `channels`: their names too.
SessionNews news_of(const SessionSlot& slot, SessionNews::What what, const ChannelNames* channels) {
  SessionNews news{.what = what,
                   .number = slot.number,
                   .subject = std::string(slot.talk.identity().subject()),
                   .subscriptions = subscriptions_of(slot.talk),
                   .address = slot.peer.to_string(),
                   .connected = slot.connected};
  if (channels == nullptr) return news;
  for (const ChannelNames::Number each : slot.talk.subscriptions())
    if (each != 0) news.channels.push_back(channels->name(each));
  return news;
}

}  // namespace

void Server::list_instances(SessionSlot& slot, const http::Request& request) {
  look(slot, request, {auth::Verb::list_instances, roster::Kind::instances, &instances_json});
}

void Server::list_sessions(SessionSlot& slot, const http::Request& request) {
  look(slot, request, {auth::Verb::list_sessions, roster::Kind::sessions, &sessions_json});
}

void Server::list_channels(SessionSlot& slot, const http::Request& request) {
  look(slot, request, {auth::Verb::list_channels, roster::Kind::channels, &channels_json});
}

void Server::look(SessionSlot& slot, const http::Request& request, const Look& look) {
  if (const auto refusal = forbids(request, look.verb)) return refuse(slot, *refusal);
  slot.http->answering = true;
  control_.look(loop_, look.kind, [this, session = slot.session, json = look.json](const auto& view) {
    answer_late(session, json(*view));
  });
}

void Server::tell_opened(const SessionSlot& slot) {
  news_.push_back(news_of(slot, SessionNews::What::opened, told_channels()));
  if (news_.size() >= news_max) tell();
}

void Server::tell_closed(const SessionSlot& slot) {
  news_.push_back({.what = SessionNews::What::closed, .number = slot.number});
  if (news_.size() >= news_max) tell();
}

// What it says of itself has changed: to be told with everything else, however often that happens until then.
void Server::note_change(SessionSlot& slot) {
  if (!std::exchange(slot.changed, true)) changed_.push_back(slot.session);
}

void Server::tell() {
  for (const hub::Session& session : std::exchange(changed_, {})) {
    SessionSlot* slot = find(session);
    if (slot == nullptr || slot->state != State::open) continue;
    slot->changed = false;
    news_.push_back(news_of(*slot, SessionNews::What::changed, told_channels()));
    if (news_.size() >= news_max) control_.tell(std::exchange(news_, {}));
  }
  if (!news_.empty()) control_.tell(std::exchange(news_, {}));
}

void Server::take(std::size_t most, OnPart on_part) { tell_later({0, most, std::move(on_part)}); }

void Server::tell_later(Telling telling) {
  loop_.post([this, telling = std::move(telling)]() mutable { tell_some(std::move(telling)); });
}

void Server::tell_some(Telling telling) {
  std::vector<SessionNews> part;
  const auto all = static_cast<std::uint32_t>(slots_.size());
  for (const std::uint32_t end = std::min(all, telling.next + slots_at_once); telling.next < end; ++telling.next) {
    const SessionSlot& slot = slots_[telling.next];
    if (slot.state == State::open && part.size() < telling.most)
      part.push_back(news_of(slot, SessionNews::What::changed, nullptr));
  }
  telling.most -= part.size();
  const bool last = telling.next == all || telling.most == 0;
  telling.on_part(part, last);
  if (!last) tell_later(std::move(telling));
}

}  // namespace api
