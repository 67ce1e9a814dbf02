// Server, while a socket speaks HTTP: requests one after the other, and the few routes (protocol.md, "HTTP").
#include <cstdio>

#include "api/container_json.hpp"
#include "api/download.hpp"
#include "api/files.hpp"
#include "api/server.hpp"
#include "base/log.hpp"
#include "http/origin.hpp"
#include "net/random.hpp"
#include "ws/handshake.hpp"

namespace api {
namespace {

http::Response plain(std::string_view type, std::string body) {
  return {200, {{"Content-Type", std::string(type)}, {"Cache-Control", "no-store"}}, std::move(body)};
}

// The limit that a request was refused for, if it was for one.
std::optional<Limit> limit_of(http::RequestReader::Bound bound) {
  using Bound = http::RequestReader::Bound;
  switch (bound) {
    case Bound::target:
      return Limit::url_bytes;
    case Bound::head_bytes:
      return Limit::header_bytes;
    case Bound::headers:
      return Limit::headers;
    case Bound::body:
      return Limit::body_bytes;
    case Bound::none:
      break;
  }
  return std::nullopt;
}

// Not the work of an instance, but how it is.
bool watches(std::string_view path) { return path == "/metrics" || path.starts_with("/health/"); }

}  // namespace

http::Refusal unauthorized(std::string message) {
  return {401, "unauthorized", std::move(message), {{"WWW-Authenticate", "Bearer"}}};
}

void Server::consume_http(SessionSlot& slot, std::span<char> bytes) {
  const hub::Session session = slot.session;
  std::string_view rest(bytes.data(), bytes.size());
  while (!rest.empty()) {
    HttpPhase& http = *slot.http;
    if (!std::exchange(http.timed, true)) arm(slot, settings_.request_timeout);
    switch (http.reader.feed(rest)) {
      case http::RequestReader::Progress::more:
        if (http.reader.take_continue()) fanout_.send(session.slot, "HTTP/1.1 100 Continue\r\n\r\n");
        return;
      case http::RequestReader::Progress::refused:
        http.form = {};
        if (const auto limit = limit_of(http.reader.bound())) strike(*limit);
        return refuse(slot, http.reader.refusal());
      case http::RequestReader::Progress::complete:
        break;
    }
    const http::Request request = http.reader.take();
    http.form = http::AnswerForm::of(request);
    // Nor for whoever asks on and on, and reads no answer.
    const bool takes_answers = fanout_.backlog_bytes(session.slot) <= settings_.backlog_bytes_max;
    http.form.keep_alive &= (stay_ == Stay::serving || watches(local_path(request.target.path))) && takes_answers;
    http.first = http.timed = false;
    dispatch(slot, request);
    if (!fanout_.is_open(session) || slot.state == State::parting) return;
    if (!slot.http) return consume_frames(slot, bytes.last(rest.size()));  // upgraded, perhaps closing already
    if (http.answering) {
      http.held = rest;
      return deadlines_.disarm(session.slot);  // the Engine's own deadlines hold
    }
  }
  if (!slot.http->timed) arm(slot, settings_.idle_timeout);
}

std::string_view Server::local_path(std::string_view path) const {
  const std::string& base = settings_.base_path;
  if (base.empty() || !path.starts_with(base)) return base.empty() ? path : std::string_view();
  path.remove_prefix(base.size());
  if (path.empty()) return "/";
  return path.front() == '/' ? path : std::string_view();
}

void Server::dispatch(SessionSlot& slot, const http::Request& request) {
  // The defence against DNS rebinding: where everybody may do everything, a page of any name must not get here.
  if (access_.mode() == auth::Mode::none && !http::host_allowed(request.host, settings_.allowed_hosts)) {
    if (ws::wants_upgrade(request)) metrics_.refused[Refused::host].add();
    slot.http->form.keep_alive = false;
    return refuse(slot,
                  {421, "bad_request", "The Host is no IP address, not localhost, and not in DOCKCAST_ALLOWED_HOSTS."});
  }
  if (!http::is_known_method(request.method)) return refuse(slot, {501, "unsupported", "The method is not known."});
  const std::string_view path = local_path(request.target.path);
  // A full instance says how it is all the same, or whoever watches it would take it for a dead one and end it.
  if (slot.http->full) slot.http->form.keep_alive = false;
  if (slot.http->full && !watches(path)) {
    metrics_.refused[Refused::full].add();
    return refuse(slot, {503, "too_many", "This instance has no room for more connections.", {{"Retry-After", "5"}}});
  }
  if (auto channel = channel_of_path(path)) return upgrade(slot, request, std::move(*channel));
  if (ws::wants_upgrade(request)) slot.http->form.keep_alive = false;

  using Handler = void (Server::*)(SessionSlot&, const http::Request&);
  static constexpr std::pair<std::string_view, Handler> routes[] = {
      {"/api/channels", &Server::list_channels},      {"/api/containers", &Server::list_containers},
      {"/api/instances", &Server::list_instances},    {"/api/sessions", &Server::list_sessions},
      {"/health/live", &Server::tell_live},           {"/health/ready", &Server::tell_ready},
      {"/health/websocket", &Server::tell_websocket}, {"/metrics", &Server::tell_metrics},
  };
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (path == "/api/drain") return drain(slot, request);
  if (path == "/api/publish") return publish(slot, request);
  if (send(slot, request, path)) return;
  const auto refuse_method = [&] {
    refuse(slot, {405, "bad_request", "This can only be read.", {{"Allow", "GET, HEAD"}}});
  };
  for (const auto& [route, handler] : routes) {
    if (path == route) return reads ? (this->*handler)(slot, request) : refuse_method();
  }
  if (const File* file = find_file(path)) return reads ? give_file(slot, request, *file) : refuse_method();
  constexpr std::string_view channels = "/api/channels/", streams = "/stream";
  if (path.starts_with(channels) && path.ends_with(streams) && path.size() > channels.size() + streams.size()) {
    const std::size_t size = path.size() - channels.size() - streams.size();
    return reads ? stream(slot, request, std::string(path.substr(channels.size(), size))) : refuse_method();
  }
  constexpr std::string_view presences = "/presence";
  if (path.starts_with(channels) && path.ends_with(presences) && path.size() > channels.size() + presences.size()) {
    const std::size_t size = path.size() - channels.size() - presences.size();
    return reads ? tell_presence(slot, request, path.substr(channels.size(), size)) : refuse_method();
  }
  constexpr std::string_view containers = "/api/containers/";
  const std::string_view name = path.starts_with(containers) ? path.substr(containers.size()) : std::string_view();
  constexpr std::string_view logs = "/logs";
  const std::string_view of_logs = name.ends_with(logs) ? name.substr(0, name.size() - logs.size()) : "";
  if (!of_logs.empty() && of_logs.find('/') == of_logs.npos)
    return reads ? download(slot, request, of_logs) : refuse_method();
  if (!name.empty() && name.find('/') == name.npos)
    return reads ? tell_container(slot, request, name) : refuse_method();
  refuse(slot, {404, "not_found", "There is nothing at " + request.target.path.substr(0, 200) + "."});
}

void Server::give_file(SessionSlot& slot, const http::Request& request, const File& file) {
  // Who may ask the API anything may read what it says of itself.
  const auto refusal = file.path.starts_with("/api/") ? forbids(request, auth::Verb::list_containers) : std::nullopt;
  if (refusal) return refuse(slot, *refusal);
  auto given = give(file, request);
  return given ? answer(slot, *given) : refuse(slot, given.error());
}

void Server::tell_live(SessionSlot& slot, const http::Request&) { answer(slot, health_live(vitals())); }
void Server::tell_ready(SessionSlot& slot, const http::Request&) { answer(slot, health_ready(vitals())); }
void Server::tell_websocket(SessionSlot& slot, const http::Request&) {
  answer(slot, health_websocket(vitals(), settings_.health_always_200));
}

void Server::tell_metrics(SessionSlot& slot, const http::Request&) {
  count();
  answer(slot, plain("text/plain; version=0.0.4; charset=utf-8", metrics_.registry.expose()));
}

// Nothing where it may; else why not.
std::optional<http::Refusal> Server::forbids(const http::Request& request, auth::Verb verb) {
  const auto identity = access_.identify(request);
  if (!identity) return unauthorized(identity.error().message);
  if (!access_.may(*identity, verb, {})) return unauthorized("Credentials are needed: Authorization: Bearer.");
  return std::nullopt;
}

void Server::list_containers(SessionSlot& slot, const http::Request& request) {
  if (const auto refusal = forbids(request, auth::Verb::list_containers)) return refuse(slot, *refusal);
  auto query = container_query(request.target);
  if (!query) return refuse(slot, Failure(query.error()).refusal());
  slot.http->answering = true;
  control_.list(loop_, std::move(*query), [this, session = slot.session](const base::Result<Containers>& containers) {
    answer_late(session, containers ? base::Result<std::string>(containers_json(*containers)) : containers.error());
  });
}

// What every request must be that changes something. Nobody where it was refused.
std::optional<auth::Identity> Server::admit_change(SessionSlot& slot, const http::Request& request, auth::Verb verb) {
  const auto refused = [&](const http::Refusal& refusal) {
    refuse(slot, refusal);
    return std::nullopt;
  };
  if (request.method != "POST") return refused({405, "bad_request", "Only POST does this.", {{"Allow", "POST"}}});
  if (!origin_welcome(request)) return refused({403, "forbidden", "Pages of this origin may not do this."});
  if (const auto refusal = forbids(request, verb)) return refused(*refusal);
  if (!request.body.empty() && !accepts(request.headers.get("Content-Type"), "application/json"))
    return refused({415, "bad_request", "A body is application/json."});
  return *access_.identify(request);
}

void Server::drain(SessionSlot& slot, const http::Request& request) {
  if (!admit_change(slot, request, auth::Verb::drain)) return;
  control_.drain();
  http::Response accepted = plain("application/json", Message().text("status", "draining").take());
  accepted.status = 202;
  answer(slot, accepted);
}

void Server::tell_presence(SessionSlot& slot, const http::Request& request, std::string_view name) {
  if (const auto refusal = forbids(request, auth::Verb::read_messages)) return refuse(slot, *refusal);
  const auto channel = parse_channel(name);
  if (!channel) return refuse(slot, {400, "bad_request", "A channel's name has at most 256 visible characters."});
  if (channel->family != Family::app) return refuse(slot, {501, "unsupported", "Only app: channels have presence."});
  slot.http->answering = true;
  control_.presence(loop_, std::string(name),
                    [this, session = slot.session, name = std::string(name)](const auto& presence) {
                      if (!presence) return answer_late(session, presence.error());
                      answer_late(session, presence_json({}, name, *presence));
                    });
}

void Server::tell_container(SessionSlot& slot, const http::Request& request, std::string_view name) {
  if (const auto refusal = forbids(request, auth::Verb::inspect)) return refuse(slot, *refusal);
  slot.http->answering = true;
  slot.http->container = name;
  control_.inspect(loop_, std::string(name), [this, session = slot.session](const base::Result<Inspected>& inspected) {
    if (inspected) return answer_late(session, inspected_json(*inspected));
    if (SessionSlot* asker = find(session)) refuse_container(*asker, inspected.error());
  });
}

void Server::refuse_container(SessionSlot& slot, const base::Error& error) {
  if (error.fault != base::Fault::ambiguous) return answer_late(slot.session, error);
  const auto on_resolved = [this, session = slot.session, error](const Resolution& resolution) {
    SessionSlot* asker = find(session);
    if (asker == nullptr) return;
    asker->http->form.keep_alive &= !asker->http->ended;
    refuse_ambiguous(*asker, error, resolution.candidates);
    answered(*asker);
  };
  control_.resolve(loop_, {slot.http->container}, on_resolved);
}

void Server::refuse_ambiguous(SessionSlot& slot, const base::Error& error,
                              const std::vector<docker::Candidate>& candidates) {
  http::Refusal refusal = Failure(error).refusal();
  if (!candidates.empty()) refusal.members = ",\"candidates\":" + candidates_json(candidates);
  refuse(slot, refusal);
}

// What the control loop was asked for, as JSON.
void Server::answer_late(const hub::Session& session, const base::Result<std::string>& json, int status) {
  SessionSlot* asker = find(session);
  if (asker == nullptr) return;
  asker->http->form.keep_alive &= !asker->http->ended;
  if (json) {
    http::Response response = plain("application/json", *json);
    response.status = status;
    answer(*asker, response);
  } else {
    refuse(*asker, Failure(json.error()).refusal());
  }
  answered(*asker);
}

// An answer that was waited for is given: now the requests that came meanwhile.
void Server::answered(SessionSlot& slot) {
  const hub::Session session = slot.session;
  if (slot.state != State::http) return;
  slot.http->answering = false;
  arm(slot, settings_.idle_timeout);
  std::string held = std::exchange(slot.http->held, {});
  if (!held.empty()) consume_http(slot, held);
  if (fanout_.is_open(session)) proceed(slot);
}

Vitals Server::vitals() const {
  const net::Instant now = loop_.now();
  return {facts_, beats_.all_within(beat_limit, now), stay_ != Stay::serving, metrics_.websockets(), now};
}

void Server::refuse(SessionSlot& slot, const http::Refusal& refusal) {
  char ref[17];
  std::snprintf(ref, sizeof ref, "%016llx", static_cast<unsigned long long>(loop_.random().next()));
  base::log::info(
      "Refused a request",
      {{"ref", ref}, {"status", refusal.status}, {"message", refusal.message}, {"address", slot.peer.to_string()}});
  answer(slot, http::problem(refusal, ref));
}

void Server::answer(SessionSlot& slot, const http::Response& response) {
  fanout_.send(slot.session.slot, http::serialize(response, slot.http->form));
  if (!slot.http->form.keep_alive) part(slot);
}

}  // namespace api
