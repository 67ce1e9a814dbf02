// Events: what the Engine tells about its containers, as it happens. EventStream is one open /events answer; EventWatch
// keeps one open for as long as it lives.
//
// An Engine that is read too slowly skips events without a word, and one that was restarted has forgotten them: whoever
// keeps a picture of the containers lists them anew at on_resync(). Thread: the client's loop. Bounds: one event of
// 1 MiB.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "docker/json_lines.hpp"
#include "net/loop.hpp"
#include "net/signal.hpp"
#include "net/task.hpp"

namespace docker {

class Client;

struct Event {
  std::string type;                               // "container", "image", "network", "volume"…
  std::string action;                             // "start", "die"…, what stands before the first ": "
  std::string detail;                             // and behind it: "healthy" of "health_status: healthy"
  std::string id;                                 // of the container, or what it is about
  std::map<std::string, std::string> attributes;  // image, name, exitCode…, and the container's labels
  std::int64_t time_ns = 0;
  std::string json;  // as the Engine sent it
};

// Nothing where the text is no event.
std::optional<Event> parse_event(std::string_view json);
// They are one: Engines print it differently to those who speak another version of the API.
bool same_event(const Event& a, const Event& b);

struct EventQuery {
  std::optional<std::int64_t> since_ns = {};  // inclusive; from the Engine's memory of its last 256
  // Of containers, images, networks, volumes…, whichever it is. Not here: what health checks cause, three times each
  // (exec_create, exec_start, exec_die), and `top` and `resize`, which are somebody looking.
  std::vector<std::string> actions = {
      "create", "start",        "restart",        "die",           "stop",    "kill",   "destroy", "rename",
      "pause",  "unpause",      "update",         "oom",           "attach",  "detach", "commit",  "copy",
      "export", "archive-path", "extract-to-dir", "health_status", "remove",  "pull",   "push",    "tag",
      "untag",  "delete",       "import",         "load",          "save",    "prune",  "connect", "disconnect",
      "mount",  "unmount",      "reload",         "enable",        "disable", "install"};
};

class EventStream {
 public:
  explicit EventStream(std::unique_ptr<http::Body> body) : lines_(std::move(body)) {}

  // Waits for the next one. Fault::closed when the stream has ended, as it never should.
  net::Task<base::Result<Event>> next();

 private:
  JsonLines lines_;
};

class EventWatch {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void on_event(const Event& event) = 0;
    // The events from here on are complete, what was before is not known: list the containers now. After every
    // connection, and once a minute, since an Engine may have skipped some.
    virtual void on_resync() = 0;
    // The next event does not join the one before: the Engine has forgotten some in between.
    virtual void on_missed() = 0;
    virtual void on_up() = 0;
    // It does not answer; also when it never did. A stream that was cut and opened again at once is no such thing.
    virtual void on_down(const base::Error& why) = 0;
  };

  // Starts at once, with calls from inside. The listener must not destroy it from within a call. `last`: the newest
  // events that are known, all of one time; it goes on behind them. None: it begins with all that the Engine remembers.
  EventWatch(Client& client, Listener& listener, std::vector<Event> last = {});
  EventWatch(const EventWatch&) = delete;

  bool up() const { return state_ == State::up; }
  bool down() const { return state_ == State::down; }  // neither: it was not asked yet

 private:
  enum class State { starting, up, down };

  net::Task<void> run();
  struct End {
    base::Error why;
    bool down = true;  // there is no answer at all
  };
  net::Task<End> watch();  // one connection, until it fails
  net::Task<void> read(EventStream& stream, std::optional<End>& end, net::Signal& done);
  net::Task<void> check(std::optional<End>& end, net::Signal& done);
  void deliver(const Event& event);
  void change(State state, const base::Error* why);
  net::Duration backoff();

  Client& client_;
  net::Loop& loop_;
  Listener& listener_;
  State state_ = State::starting;
  int failures_ = 0;
  std::vector<Event> last_;  // the last event, and those of the same time: the Engine sends them again
  bool joined_ = true;       // it did, since we connected
  net::Job job_;
};

}  // namespace docker
