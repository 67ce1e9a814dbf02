// Server, where a channel is the body of an HTTP answer: an event stream, or JSON line by line. The answer ends with
// the connection, so that its bytes are everybody's who follows in this form.
#include "api/download.hpp"
#include "api/server.hpp"
#include "base/check.hpp"

namespace api {
namespace {

constexpr std::uint32_t subscription = 0;  // the only one
constexpr std::string_view ndjson = "application/x-ndjson", events = "text/event-stream";

// A stream that broke off goes on where it was, as EventSource says by itself; its URL still says how it once began.
std::vector<Option> options_of(const http::Request& request) {
  std::vector<Option> options;
  const std::string last(request.headers.get("Last-Event-ID"));
  if (!last.empty()) options.push_back({"since", last});
  for (const auto& [name, value] : request.target.query)
    if (last.empty() || name != "tail") options.push_back({name, value});
  return options;
}

http::Response head_of(feeds::Form form) {
  return {200,
          {{"Content-Type", std::string(form == feeds::Form::json_lines ? ndjson : events)},
           {"Cache-Control", "no-store"},
           {"X-Accel-Buffering", "no"},  // nginx would keep it until its buffers are full
           {"X-Content-Type-Options", "nosniff"},
           {"Vary", "Accept"}}};
}

std::string subscribed_json(const std::string& channel, const feeds::Subscribed& answer) {
  Message message("subscribed");
  message.text("channel", channel);
  return add_answer(message, answer).take();
}

}  // namespace

void Server::stream(SessionSlot& slot, const http::Request& request, const std::string& name) {
  const auto channel = parse_channel(name);
  const auto source = channel ? source_of(channel->family) : std::nullopt;
  // Who may follow nothing is not told what there is.
  if (const auto refusal = forbids(request, verb_of(source.value_or(feeds::Source::docker_events))))
    return refuse(slot, *refusal);
  if (!channel) return refuse(slot, {400, "bad_request", "A channel's name has at most 256 visible characters."});
  if (channel->family == Family::user || channel->family == Family::session)
    return refuse(slot, {501, "unsupported", "What is said to " + name + " comes over a WebSocket only."});
  if (!source) return refuse(slot, {501, "unsupported", "The channel " + name + " is not offered by this version."});
  if (stay_ == Stay::ended) {
    slot.http->form.keep_alive = false;
    return refuse(slot, {503, "unavailable", "This instance is being replaced.", {{"Retry-After", "1"}}});
  }
  auto options = parse_options(*source, options_of(request), loop_.wall_now());
  if (!options) return refuse(slot, Failure(options.error()).refusal());
  auto asked = std::make_unique<feeds::Follow>();
  asked->follower = follower(slot, subscription);
  asked->source = *source;
  asked->shape = {accepts(request.headers.get("Accept"), ndjson) ? feeds::Form::json_lines : feeds::Form::event_stream,
                  options->out, options->err};
  asked->start = options->start;
  slot.http->form.keep_alive = false;
  slot.http->stream = std::move(asked);
  slot.http->answering = true;
  if (!is_of_container(channel->family)) return follow_stream(slot, std::string(channel->rest));
  const auto on_resolved = [this, session = slot.session](const Resolution& resolution) {
    SessionSlot* asker = find(session);
    if (asker == nullptr || !asker->http || !asker->http->stream) return;
    if (resolution.id) return follow_stream(*asker, *resolution.id);
    asker->http->stream.reset();
    refuse_ambiguous(*asker, resolution.id.error(), resolution.candidates);
  };
  control_.resolve(loop_, {std::string(channel->rest), options->start.engine()}, on_resolved);
}

void Server::follow_stream(SessionSlot& slot, const std::string& rest) {
  feeds::Follow& asked = *slot.http->stream;
  asked.container = rest;
  if (slot.http->form.head_only) {
    const feeds::Form form = asked.shape.form;
    slot.http->stream.reset();
    return answer(slot, head_of(form));
  }
  CHECK(fanout_.add_subscription(slot.session.slot) == subscription);
  slot.family = family_of(asked.source);
  slot.streams = true;
  metrics_.subscriptions[slot.family].add(1);
  control_.follow(asked);
}

// It stands: from here on the connection is the channel's.
void Server::begin_stream(SessionSlot& slot, const feeds::Subscribed& answer) {
  if (stay_ == Stay::ended) return refuse_stream(slot, {base::Fault::unavailable, "This instance is being replaced."});
  const feeds::Follow asked = std::move(*slot.http->stream);
  const bool ended = slot.http->ended;
  http::AnswerForm form = slot.http->form;
  form.chunks = false;
  slot.json_lines = asked.shape.form == feeds::Form::json_lines;
  slot.http.reset();
  slot.state = State::streaming;
  std::string said = http::serialize_stream_head(head_of(asked.shape.form), form);
  // Of a type of its own, which only those hear who ask for it; its id is where the stream begins.
  const std::string json = subscribed_json(channel_name(slot.family, asked.container), answer);
  if (!slot.json_lines) {
    said += "event: subscribed\n";
    if (!answer.position.empty()) said += "id: " + answer.position + "\n";
    said += "data: " + json + "\n\n";
  } else if (answer.recovered == "partial" || answer.recovered == "none") {
    said += json + "\n";  // that something is missing must be told
  }
  fanout_.send(slot.session.slot, said);
  if (ended) return remove(slot);
  arm(slot, settings_.heartbeat_interval);
  if (stay_ == Stay::leaving) tell_to_go(slot);
  proceed(slot);  // whoever leaves is to be heard
}

void Server::end_stream(SessionSlot& slot) {
  if (!std::exchange(slot.streams, false)) return;
  fanout_.remove_subscription(slot.session.slot, subscription);
  control_.unfollow(follower(slot, subscription), {});
  metrics_.subscriptions[slot.family].add(-1);
}

// Before it stood it is an answer, behind that a stream that was cut.
void Server::refuse_stream(SessionSlot& slot, const base::Error& error) {
  end_stream(slot);
  if (slot.state != State::http) return part(slot);
  slot.http->stream.reset();
  refuse(slot, Failure(error).refusal());
}

void Server::on_due_stream(SessionSlot& slot) {
  const Liveness::Socket socket = outlet(slot);
  const net::Duration patience = socket.blocked ? settings_.progress_timeout : settings_.heartbeat_interval;
  const net::Instant due = socket.last_sent + patience;
  if (loop_.now() < due) return arm(slot, due - loop_.now());
  if (socket.blocked) {
    strike(Limit::progress_time);
    return remove(slot);
  }
  fanout_.send(slot.session.slot, slot.json_lines ? "{\"type\":\"heartbeat\"}\n" : ": heartbeat\n\n");
  arm(slot, settings_.heartbeat_interval);
}

}  // namespace api
