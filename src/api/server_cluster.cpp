// Server, as one of a cluster: what it tells of its sessions, and what it answers about everybody's.
#include <algorithm>

#include "api/cluster_json.hpp"
#include "api/server.hpp"

namespace api {
namespace {

// So many at once, so that what waits to be told has a bound.
constexpr std::size_t news_max = 1'000;

std::uint64_t subscriptions_of(const Conversation& talk) {
  const auto all = talk.subscriptions();
  return all.size() - static_cast<std::size_t>(std::count(all.begin(), all.end(), 0U));
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

void Server::tell_opened(const SessionSlot& slot, std::string address) {
  news_.push_back({.what = roster::SessionNews::What::opened,
                   .number = slot.number,
                   .subject = std::string(slot.talk.identity().subject()),
                   .subscriptions = 0,
                   .address = std::move(address),
                   .connected = loop_.wall_now()});
  if (news_.size() >= news_max) tell();
}

void Server::tell_closed(const SessionSlot& slot) {
  news_.push_back({.what = roster::SessionNews::What::closed, .number = slot.number});
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
    news_.push_back({.what = roster::SessionNews::What::changed,
                     .number = slot->number,
                     .subject = std::string(slot->talk.identity().subject()),
                     .subscriptions = subscriptions_of(slot->talk)});
  }
  if (!news_.empty()) control_.tell(std::exchange(news_, {}));
}

}  // namespace api
