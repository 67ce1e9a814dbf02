// The streaming answers of the simulated Engine: /containers/{id}/logs and /events.
#include <array>
#include <charconv>
#include <initializer_list>
#include <limits>

#include "docker/timestamp.hpp"
#include "sim/sim_connection.hpp"

namespace sim {
namespace {

namespace json = boost::json;
using std::chrono::microseconds;

SimAnswer refusal(int status, const std::string& message) {
  return {status, json::serialize(json::object{{"message", message}}) + "\n"};
}

std::array<char, 8> frame_head(int stream, std::size_t size) {
  return {static_cast<char>(stream),
          0,
          0,
          0,
          static_cast<char>(size >> 24),
          static_cast<char>(size >> 16),
          static_cast<char>(size >> 8),
          static_cast<char>(size)};
}

// In place: most of what a world writes is this.
void append_chunk(std::string& to, std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const std::string_view part : parts) size += part.size();
  std::array<char, 16> text{};
  to.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), size, 16).ptr).append("\r\n");
  for (const std::string_view part : parts) to.append(part);
  to.append("\r\n");
}

// A record of a log as a chunk of its own, in a frame unless it is a terminal's.
void append_record(std::string& to, bool tty, int stream, std::string_view stamp, std::string_view payload) {
  const auto head = frame_head(stream, stamp.size() + payload.size());
  append_chunk(to, {tty ? std::string_view() : std::string_view(head.data(), head.size()), stamp, payload});
}

// "1767225600.5" as api/types/time.ParseTimestamps; the text of the error where it is none.
struct Moment {
  std::optional<std::int64_t> nanoseconds;
  std::string error;
};
Moment moment(std::string_view text) {
  if (text.empty()) return {};
  const auto whole = [](std::string_view digits, std::int64_t& number) {
    if (digits.size() > 1 && digits.starts_with('+')) digits.remove_prefix(1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return error == std::errc() && end == digits.data() + digits.size();
  };
  const auto failed = [](std::string_view part) {
    return Moment{{}, "strconv.ParseInt: parsing \"" + std::string(part) + "\": invalid syntax"};
  };
  const auto point = text.find('.');
  std::int64_t seconds = 0, fraction = 0;
  if (!whole(text.substr(0, point), seconds)) return failed(text.substr(0, point));
  if (point == text.npos) return {seconds > 9'000'000'000 ? 9'000'000'000'000'000'000 : seconds * 1'000'000'000, {}};
  const std::string_view digits = text.substr(point + 1);
  if (!whole(digits, fraction)) return failed(digits);
  for (std::size_t i = digits.size(); i < 9; ++i) fraction *= 10;
  for (std::size_t i = 9; i < digits.size(); ++i) fraction /= 10;
  return {seconds * 1'000'000'000 + fraction, {}};
}

// As strconv.Atoi; all where it is no number.
int parsed_tail(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  int tail = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), tail);
  return error == std::errc() && end == text.data() + text.size() ? tail : -1;
}

}  // namespace

std::string chunk(std::string_view body) {
  std::string text;
  append_chunk(text, {body});
  return text;
}

net::Task<void> SimConnection::logs(SimRequest request) {
  constexpr std::string_view under = "/containers/", logged = "/logs";
  const std::string who = request.path.substr(under.size(), request.path.size() - under.size() - logged.size());
  LogRequest asked;
  asked.out = request.yes("stdout");
  asked.err = request.yes("stderr");
  asked.timestamps = request.yes("timestamps");
  asked.follow = request.yes("follow");
  asked.tail = parsed_tail(request.get("tail"));
  const Moment since = moment(request.get("since")), until = moment(request.get("until"));
  asked.since = since.nanoseconds;
  if (until.nanoseconds.value_or(0) != 0) asked.until = until.nanoseconds;

  const auto found = engine_.matching(who);
  SimAnswer refused;
  if (!asked.out && !asked.err) {
    refused = refusal(400, "Bad parameters: you must choose at least one stream");
  } else if (found.size() != 1) {
    refused = inspect(request, who);
  } else if (found.front()->removing()) {
    refused = refusal(409, "can not get logs from container which is dead or marked for removal");
  } else if (found.front()->options().log.driver == LogDriver::none) {
    refused = refusal(501, "configured logging driver does not support reading");
  } else if (!since.error.empty() || !until.error.empty()) {
    refused = refusal(500, since.error.empty() ? until.error : since.error);
  }
  if (refused.status != 200) {
    co_await send(std::move(refused));
    co_return;
  }
  ++engine_.counts_.logs_requests;
  if (asked.follow) ++engine_.counts_.follow_requests;
  std::string head = "HTTP/1.1 200 OK\r\nApi-Version: 1." + std::to_string(api_minor()) + "\r\n";
  if (!old()) {
    const bool framed_type = !found.front()->options().tty && request.version != "1.41";
    head +=
        std::string("Content-Type: application/vnd.docker.") + (framed_type ? "multiplexed" : "raw") + "-stream\r\n";
  }
  head +=
      keep_alive_ ? "Transfer-Encoding: chunked\r\n\r\n" : "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
  co_await stream_logs(*found.front(), std::move(asked), std::move(head));
}

net::Task<void> SimConnection::stream_logs(SimContainer& container, LogRequest request, std::string head) {
  struct Open {  // a follow that is being answered
    std::size_t& count;
    std::size_t by;
    Open(std::size_t& count_in, bool follow) : count(count_in), by(follow ? 1 : 0) { count += by; }
    ~Open() { count -= by; }
  } open(engine_.follows_open_, request.follow);

  net::Random& random = engine_.loop_.random();
  const bool tty = container.options().tty;
  auto reading = start_reading(container.log(), request, random, engine_.counts_.follow);
  reading->wake = [this] { changed_.notify(); };
  bool here = co_await write(std::move(head));
  SimLogReading::Batch batch;
  while (here) {
    const auto next = reading->next(batch);
    if (next == SimLogReading::Next::ended) break;
    if (next == SimLogReading::Next::wait) {
      co_await changed_.wait();
      // A goroutine is woken; meanwhile the log goes on.
      const bool late = random.chance(engine_.options().late_chance);
      co_await engine_.loop_.sleep(microseconds(50 + random.below(late ? 20'000 : 200)));
      here = co_await ready();
      continue;
    }
    std::string body;
    for (const std::size_t index : batch.records) {
      const SimRecord& record = container.log().records()[index];
      std::string stamp;
      if (request.timestamps) stamp = docker::format_time(net::WallTime(net::Duration(record.stamp))) + " ";
      append_record(body, tty, static_cast<int>(record.stream), stamp, record.payload);
    }
    if (!batch.error.empty()) append_record(body, tty, 3, "Error grabbing logs: ", batch.error + "\n");
    const net::Duration shown_in = engine_.options().follow_byte * body.size();
    if (request.follow && shown_in > net::Duration{}) co_await engine_.loop_.sleep(shown_in);
    if (!body.empty()) here = co_await write(std::move(body));
  }
  if (here) co_await write("0\r\n\r\n");
}

net::Task<void> SimConnection::events(SimRequest request) {
  const Moment since = moment(request.get("since")), until = moment(request.get("until"));
  const auto filters = SimFilters::parse(request.get("filters"));
  SimAnswer refused;
  if (!since.error.empty() || !until.error.empty()) {
    refused = refusal(500, since.error.empty() ? until.error : since.error);
  } else if (since.nanoseconds && until.nanoseconds && *since.nanoseconds > *until.nanoseconds) {
    refused = refusal(
        400, "`since` time (" + request.get("since") + ") cannot be after `until` time (" + request.get("until") + ")");
  } else if (!filters) {
    refused =
        old() ? refusal(500, "invalid character 'x' looking for beginning of value") : refusal(400, "invalid filter");
  }
  if (refused.status != 200) {
    co_await send(std::move(refused));
    co_return;
  }
  ++engine_.counts_.events_requests;
  std::string head = "HTTP/1.1 200 OK\r\nApi-Version: 1." + std::to_string(api_minor());
  head += "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
  bool here = true;
  if (engine_.options().remembers_after > net::Duration{}) {
    here = co_await write(std::exchange(head, {}));
    co_await engine_.loop_.sleep(engine_.options().remembers_after);
  }
  SimEvents::Subscriber subscriber;
  subscriber.filters = *filters;
  subscriber.wake = [this] { changed_.notify(); };
  struct Subscription {
    SimEvents& events;
    SimEvents::Subscriber& one;
    ~Subscription() { events.unsubscribe(one); }
  } subscription{engine_.events_, subscriber};
  engine_.events_.subscribe(subscriber);
  std::string body;
  if (since.nanoseconds || until.nanoseconds) {
    constexpr std::int64_t forever = std::numeric_limits<std::int64_t>::max();
    const auto old_ones =
        engine_.events_.replay(*filters, since.nanoseconds.value_or(0), until.nanoseconds.value_or(forever));
    for (const auto& event : old_ones) body += chunk(event);
  }
  if (here) here = co_await write(head + body);
  while (here) {
    const std::int64_t left = until.nanoseconds ? *until.nanoseconds - engine_.wall() : 1;
    if (left <= 0) break;
    net::Timer end;
    if (until.nanoseconds) end = engine_.loop_.after(net::Duration(left), [this] { changed_.notify(); });
    if (subscriber.queue.empty()) co_await changed_.wait();
    here = co_await ready();
    body.clear();
    for (; !subscriber.queue.empty(); subscriber.queue.pop_front()) body += chunk(subscriber.queue.front());
    if (here && !body.empty()) here = co_await write(std::move(body));
  }
  if (here) co_await write("0\r\n\r\n");
}

}  // namespace sim
