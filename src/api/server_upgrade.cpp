// Server, where HTTP becomes a WebSocket: what is refused before the upgrade, and the session's start.
#include "api/server.hpp"
#include "http/origin.hpp"
#include "ws/handshake.hpp"

namespace api {
namespace {

constexpr std::string_view batches = "dockcast.v1";

std::vector<Option> options_of(const http::Target& target) {
  std::vector<Option> options;
  for (const auto& [name, value] : target.query)
    if (name == "since" || name == "tail" || name == "stdout" || name == "stderr") options.push_back({name, value});
  return options;
}

}  // namespace

// No page asks, or one that may.
bool Server::origin_welcome(const http::Request& request) const {
  const std::size_t origins = request.headers.count("Origin");
  return origins == 0 || (origins == 1 && http::origin_allowed(request.headers.get("Origin"), request.host,
                                                               settings_.allowed_origins, settings_.scheme));
}

// Who asks, if this page and these credentials may open a WebSocket.
http::OrRefusal<auth::Identity> Server::admit(const http::Request& request) {
  if (!origin_welcome(request)) {
    metrics_.refused[Refused::origin].add();
    return http::Refusal{403, "forbidden", "Pages of this origin may not connect."};
  }
  const auto identity = access_.identify(request);
  if (!identity) {
    metrics_.refused[Refused::credentials].add();
    return unauthorized(identity.error().message);
  }
  if (stay_ == Stay::ended) {
    metrics_.refused[Refused::draining].add();
    return http::Refusal{503, "unavailable", "This instance is being replaced.", {{"Retry-After", "1"}}};
  }
  return *identity;
}

void Server::upgrade(SessionSlot& slot, const http::Request& request, std::string channel) {
  slot.http->form.keep_alive = false;  // of a refusal: what follows may have been meant for a tunnel
  const auto upgrade = ws::check_upgrade(request, {&batches, 1}, settings_.deflate);
  if (!upgrade) {
    metrics_.refused[Refused::malformed].add();
    return refuse(slot, upgrade.error());
  }
  const auto identity = admit(request);
  if (!identity) return refuse(slot, identity.error());

  fanout_.send(slot.session.slot, ws::upgrade_response(*upgrade));
  slot.deflate = upgrade->deflate.has_value();
  slot.http.reset();
  slot.state = State::open;
  slot.connected = loop_.wall_now();
  slot.number = (++sessions_ << 8) | (loop_number_ & 0xff);
  const auto known = channel.empty() ? std::nullopt : parse_channel(channel);
  slot.family = channel.empty() ? Family::many : known ? known->family : Family::plain;
  metrics_.opened[slot.family].add();
  metrics_.active[slot.family].add(1);

  // What is deflated once for all refers as far back as it likes: not for a client that asked us not to.
  const bool deflate = slot.deflate && upgrade->deflate->window_bits == 15;
  Conversation::Opening opening{*identity, upgrade->protocol == batches, {}, deflate, false};
  opening.unwrapped = local_path(request.target.path).starts_with("/ws/channels/");
  if (!channel.empty()) opening.wish = Wish{std::move(channel), options_of(request.target), {}};
  slot.life.start(loop_.now(), settings_, loop_.random());
  if (!identity->known()) slot.life.expect_credentials(loop_.now() + settings_.credentials_timeout);
  watch(slot);
  const Effects effects = slot.talk.open(std::move(opening), terms(slot));
  name(slot);
  tell_opened(slot);
  carry_out(slot, effects);
  if (stay_ == Stay::leaving) tell_to_go(slot);
}

}  // namespace api
