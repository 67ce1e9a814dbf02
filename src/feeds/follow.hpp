// What a client asks of a channel, and what it is told: the words between `api` and `feeds`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "docker/event_positions.hpp"
#include "docker/position.hpp"
#include "hub/hub.hpp"
#include "messages/position.hpp"

namespace feeds {

// What a channel tells of. Also the group by which the hub counts its messages.
enum class Source : std::uint8_t {
  logs,
  container_events,
  stats,
  docker_events,
  containers,
  app,      // published by users, kept for a while
  user,     // said to whoever is the subject
  session,  // said to one connection
  plain,    // whatever other back-ends say
};
inline constexpr std::size_t sources = 9;

// How the messages look: in a WebSocket (protocol.md, WebSocket endpoints), or in the body of an HTTP answer.
enum class Form : std::uint8_t {
  batch,         // `logs`, many lines in one message
  line,          // `log`, one line each
  quiet_line,    // the same, and `gap` and `status` carry a readable `data`
  payload,       // what was published on an application or plain channel, by itself; the rest as quiet_line
  event_stream,  // as `line`, in text/event-stream: the position is the event's id
  json_lines,    // as `line`, one a line
};
inline constexpr std::size_t forms = 6;
inline bool is_quiet(Form form) { return form == Form::quiet_line || form == Form::payload; }
inline bool is_websocket(Form form) { return form < Form::event_stream; }

// One ring per shape that somebody follows.
struct Shape {
  Form form = Form::batch;
  bool out = true, err = true;
  bool deflate = false;  // permessage-deflate was agreed on
  bool operator==(const Shape&) const = default;
};

// Where a follower wants to begin. All of them together: what each allows.
struct Start {
  std::optional<docker::Position> after;         // exclusive: it resumes a log
  std::optional<docker::EventPositions> events;  // or events
  std::optional<messages::Position> message;     // or an application channel
  std::optional<std::int64_t> since_ns;          // inclusive, nanoseconds of Unix time; not for `containers` and stats
  std::optional<std::uint64_t> tail;             // lines of a log; absent: all
  // Where the asker has read the log: its engine_key().
  std::optional<std::uint64_t> engine() const { return after ? std::optional(after->engine) : std::nullopt; }
  bool empty() const { return !after && !events && !message && !since_ns && !tail; }
};

// Who follows an application channel, as others may be told.
struct Who {
  std::string session, subject;
  bool watches = false;  // it is told who joins and leaves
};

struct Follow {
  hub::Follower follower;
  Source source = Source::logs;
  std::string container;  // its full id; else what stands behind the family's colon, if anything
  Shape shape;
  Start start;
  Who who = {};
};

struct Lost {
  std::string from, to, reason;
};

struct Subscribed {
  std::string position;   // empty for `containers` and stats, which have none
  std::string recovered;  // full, partial, none; empty where no position was given
  std::string reason;     // with none
  std::optional<Lost> lost;
};

// Told to a follower's session, on its serving loop, in order with the messages of its channels.
class Followers {
 public:
  virtual ~Followers() = default;
  virtual void on_subscribed(const hub::FollowerName& follower, const Subscribed& subscribed) = 0;
  virtual void on_refused(const hub::FollowerName& follower, const base::Error& error) = 0;
  // The container is gone, and the last message was delivered: the subscription is over.
  virtual void on_ended(const hub::FollowerName& follower) = 0;
};

}  // namespace feeds
