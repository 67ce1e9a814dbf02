#include "docker/client.hpp"

#include <algorithm>
#include <charconv>

#include "docker/json_fields.hpp"
#include "docker/position.hpp"
#include "docker/timestamp.hpp"
#include "http/target.hpp"
#include "net/signal.hpp"

namespace docker {
namespace {

namespace json = boost::json;
using base::Error;
using base::Fault;

constexpr int api_minor_min = 41, api_minor_max = 55;
constexpr auto ping_within = std::chrono::seconds(5), answer_within = std::chrono::seconds(15);
constexpr std::size_t reference_bytes_max = 256;

// A name or an id, complete or not, could be one of these; nothing else is worth a question, nor safe in a path.
bool is_reference(std::string_view text) {
  constexpr std::string_view plain = "-._0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  return !text.empty() && text.size() <= reference_bytes_max && text.find_first_not_of(plain) == text.npos &&
         plain.substr(0, 3).find(text.front()) == text.npos;
}

bool is_hex(std::string_view text) { return text.find_first_not_of("0123456789abcdef") == text.npos; }

Error no_such_container(const std::string& who) { return {Fault::not_found, "No such container: " + who}; }

Fault fault_of(int status) {
  switch (status) {
    case 400:
      return Fault::bad_request;
    case 401:
      return Fault::unauthorized;
    case 403:
      return Fault::forbidden;
    case 404:
      return Fault::not_found;
    case 409:
      return Fault::conflict;
    case 501:
      return Fault::unsupported;
  }
  return status >= 500 ? Fault::unavailable : Fault::protocol;
}

// The number behind "1."; nothing for what is no version.
std::optional<int> minor_of(std::string_view version) {
  int minor = 0;
  if (!version.starts_with("1.")) return std::nullopt;
  const auto [end, error] = std::from_chars(version.data() + 2, version.data() + version.size(), minor);
  return error == std::errc() && end == version.data() + version.size() ? std::optional(minor) : std::nullopt;
}

json::array array_of(const std::vector<std::string>& values) { return json::array(values.begin(), values.end()); }

std::string filters_of(const ListQuery& query) {
  json::object filters;
  if (!query.labels.empty()) filters["label"] = array_of(query.labels);
  if (!query.names.empty()) filters["name"] = array_of(query.names);
  if (!query.ids.empty()) filters["id"] = array_of(query.ids);
  return filters.empty() ? std::string() : "&filters=" + http::percent_encoded(json::serialize(filters));
}

std::string seconds(std::int64_t time_ns) { return seconds_parameter(net::WallTime(net::Duration(time_ns))); }

std::string logs_path(const std::string& id, const LogQuery& query) {
  std::string path = "/containers/" + id + "/logs?timestamps=1";
  if (query.out) path += "&stdout=1";
  if (query.err) path += "&stderr=1";
  if (query.follow) path += "&follow=1";
  if (query.since_ns) path += "&since=" + seconds(*query.since_ns);
  if (query.until_ns) path += "&until=" + seconds(*query.until_ns);
  if (query.tail) path += "&tail=" + std::to_string(*query.tail);
  return path;
}

// The body of a refusal, or what has come of it.
net::Task<base::Result<std::string>> whole(http::Body& body) {
  constexpr std::size_t bytes_max = 64 * 1024;
  std::string text;
  while (text.size() < bytes_max) {
    auto run = co_await body.next();
    if (!run || run->empty()) break;
    text += *run;
  }
  co_return std::move(text);
}

}  // namespace

Error error_of(int status, std::string_view body) {
  constexpr std::size_t message_bytes_max = 512;
  auto value = parse_engine_json(body);
  std::string message = value ? string_field(*value, {"message"}) : std::string();
  if (message.empty() && !value) message = http::trimmed(body.substr(0, body.find('\n')).substr(0, message_bytes_max));
  if (message.empty()) message = "The Engine answered with status " + std::to_string(status);
  return {fault_of(status), std::move(message)};
}

base::Result<EngineVersion> parse_version(std::string_view text, int api_minor) {
  auto value = parse_engine_json(text);
  if (!value) return value.error();
  EngineVersion version;
  version.version = string_field(*value, {"Version"});
  version.api_minor = api_minor;
  std::from_chars(version.version.data(), version.version.data() + version.version.size(), version.major);
  if (const auto* parts = field(*value, {"Components"}); parts != nullptr && parts->is_array()) {
    for (const auto& part : parts->as_array()) version.podman |= string_field(part, {"Name"}) == "Podman Engine";
  }
  return version;
}

Client::Client(net::Network& network, net::Endpoint endpoint)
    : network_(network), http_(network, std::move(endpoint)) {}

net::Task<base::Result<void>> Client::ping() {
  api_minor_.reset();
  return negotiate();
}

// HEAD is not allowed by every proxy in front of an Engine, GET is.
net::Task<base::Result<void>> Client::negotiate() {
  if (api_minor_) co_return base::Result<void>();
  http::Call call;
  call.within = ping_within;
  call.target = "/_ping";
  call.method = "HEAD";
  auto reply = co_await http_.fetch(call);
  if (!reply) co_return lost(reply.error());
  if (reply->status != 200 || !reply->headers.find("Api-Version")) {
    call.method = "GET";
    reply = co_await http_.fetch(call);
    if (!reply) co_return lost(reply.error());
  }
  if (reply->status != 200) co_return error_of(reply->status, reply->body);
  const auto theirs = minor_of(reply->headers.get("Api-Version"));
  if (!theirs) co_return Error{Fault::protocol, "What answers at " + endpoint().to_string() + " is no Docker Engine"};
  if (*theirs < api_minor_min) {
    co_return Error{Fault::unsupported, "The Engine speaks API 1." + std::to_string(*theirs) +
                                            " only; 1.41 (Docker 20.10) is the oldest that dockcast understands"};
  }
  api_minor_ = std::min(*theirs, api_minor_max);
  co_return base::Result<void>();
}

// After a failed connection another Engine may be found behind the same address.
Error Client::lost(Error error) {
  api_minor_.reset();
  return error;
}

net::Task<base::Result<std::string>> Client::fetch(std::string path) {
  auto ready = co_await negotiate();
  if (!ready) co_return ready.error();
  http::Call call;
  call.within = answer_within;
  call.target = "/v1." + std::to_string(*api_minor_) + path;
  auto reply = co_await http_.fetch(std::move(call));
  if (!reply) co_return lost(reply.error());
  if (reply->status != 200) co_return error_of(reply->status, reply->body);
  co_return std::move(reply->body);
}

net::Task<base::Result<std::unique_ptr<http::Body>>> Client::open(std::string path, net::Duration silence_max) {
  auto ready = co_await negotiate();
  if (!ready) co_return ready.error();
  http::Call call;
  call.within = answer_within;
  call.silence_max = silence_max;
  call.target = "/v1." + std::to_string(*api_minor_) + path;
  auto body = co_await http_.open(std::move(call));
  if (!body) co_return lost(body.error());
  if ((*body)->status() == 200) co_return std::move(*body);
  auto text = co_await net::with_deadline(loop(), answer_within, whole(**body));
  co_return error_of((*body)->status(), text ? *text : std::string());
}

net::Task<base::Result<EngineIdentity>> Client::identity() {
  auto text = co_await fetch("/info");
  if (!text) co_return text.error();
  auto value = parse_engine_json(*text);
  if (!value) co_return value.error();
  EngineIdentity identity;
  identity.id = string_field(*value, {"ID"});
  identity.host = string_field(*value, {"Name"});
  if (identity.id.empty()) identity.id = identity.host;
  if (identity.id.empty()) co_return Error{Fault::protocol, "The Engine does not say who it is (/info has no ID)"};
  identity.key = engine_key(identity.id);
  identity.clock = parse_time(string_field(*value, {"SystemTime"})).value_or(loop().wall_now());
  co_return identity;
}

net::Task<base::Result<EngineVersion>> Client::version() {
  auto text = co_await fetch("/version");
  if (!text) co_return text.error();
  co_return parse_version(*text, api_minor_.value_or(api_minor_min));
}

net::Task<base::Result<std::vector<Container>>> Client::list(ListQuery query) {
  auto text = co_await fetch(std::string("/containers/json?all=") + (query.all ? "1" : "0") + filters_of(query));
  if (!text) co_return text.error();
  co_return parse_container_list(*text);
}

net::Task<base::Result<std::string>> Client::inspect_text(std::string who) {
  if (!is_reference(who)) co_return no_such_container(who);
  auto text = co_await fetch("/containers/" + who + "/json");
  co_return std::move(text);
}

net::Task<base::Result<Container>> Client::inspect(std::string who) {
  auto text = co_await inspect_text(std::move(who));
  if (!text) co_return text.error();
  co_return parse_container_inspect(*text);
}

// The Engine looks for a full id, then a name, then the beginning of an id. Where several ids begin so its status tells
// nothing certain (400, 500), so the list decides.
net::Task<base::Result<Resolved>> Client::resolve(std::string who) {
  auto text = co_await inspect_text(who);
  auto found = text ? parse_container_inspect(*text) : base::Result<Container>(text.error());
  if (found) co_return Resolved{std::move(*found), std::move(*text)};
  const Fault fault = found.error().fault;
  if (!is_hex(who) || (fault != Fault::bad_request && fault != Fault::unavailable)) co_return found.error();
  ListQuery everything;
  everything.all = true;
  auto containers = co_await list(std::move(everything));
  if (!containers) co_return containers.error();
  Resolved resolved;
  for (const auto& one : *containers) {
    if (one.id.starts_with(who)) resolved.candidates.push_back({one.id, one.name});
  }
  if (resolved.candidates.size() < 2) co_return found.error();
  co_return std::move(resolved);
}

net::Task<base::Result<std::unique_ptr<http::Body>>> Client::logs(std::string id, LogQuery query) {
  if (!is_reference(id)) co_return no_such_container(id);
  auto body = co_await open(logs_path(id, query), query.follow ? net::Duration::zero() : query.silence_max);
  co_return std::move(body);
}

net::Task<base::Result<std::unique_ptr<StatsStream>>> Client::stats(std::string id) {
  if (!is_reference(id)) co_return no_such_container(id);
  auto body = co_await open("/containers/" + id + "/stats?stream=1");
  if (!body) co_return body.error();
  co_return std::make_unique<StatsStream>(std::move(*body));
}

net::Task<base::Result<std::unique_ptr<EventStream>>> Client::events(EventQuery query) {
  const json::object filters{{"event", array_of(query.actions)}};
  std::string path = "/events?filters=" + http::percent_encoded(json::serialize(filters));
  if (query.since_ns) path += "&since=" + seconds(*query.since_ns);
  auto body = co_await open(std::move(path));
  if (!body) co_return body.error();
  co_return std::make_unique<EventStream>(std::move(*body));
}

}  // namespace docker
