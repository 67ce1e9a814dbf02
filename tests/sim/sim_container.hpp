// SimContainer: one container of the simulated Engine: its facts, what its process writes, and its life as the daemon
// tells it (states, events and the end of its log, in the order of either engine; docker-engine.md 3.4, 3.6). Owned by
// SimEngine; one loop. A test drives it directly: there is no process, only write().
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "sim/sim_log.hpp"

namespace sim {

class SimEngine;

struct ContainerOptions {
  std::string name;
  std::string image = "demo:1";
  std::map<std::string, std::string> labels = {};
  bool tty = false;
  LogOptions log = {};
  std::string id = {};  // drawn where it is empty
};

class SimContainer {
 public:
  SimContainer(SimEngine& engine, ContainerOptions options);
  SimContainer(const SimContainer&) = delete;

  // The process. Nothing is written where it does not run; what the daemon cannot read yet waits in a pipe of 64 KiB.
  void write(SimStream stream, std::string_view bytes);
  bool writable() const;
  bool running() const { return process_; }

  // Its life; each does nothing where the state does not allow it.
  void start();
  void exit(int code) { end(code, End::exit); }
  void stop(int code = 143) { end(code, End::stop); }
  void kill() { end(137, End::kill); }
  void restart(int code = 143);
  void pause();
  void unpause();
  void rename(const std::string& name);
  void remove();  // ends it first; the Engine forgets it

  const ContainerOptions& options() const { return options_; }
  const std::string& id() const { return options_.id; }
  const std::string& state() const { return state_; }
  bool removing() const { return removing_; }
  // The daemon has nothing more to do about a start, an end or a restart.
  bool settled() const { return ending_ == 0; }
  SimLog& log() { return log_; }
  const SimLog& log() const { return log_; }

  // Answers of the API.
  std::string inspect_json() const;
  std::string list_json() const;

 private:
  friend class SimEngine;
  enum class End { exit, stop, kill };
  struct Source {
    std::unique_ptr<SimCopier> copier;
    std::string pipe;
    std::optional<SimPiece> held;  // stamped, but the copier lost the processor before it reached the log
  };

  Source& source(SimStream stream) { return sources_[stream == SimStream::out ? 0 : 1]; }
  void copy(Source& source);
  void put(Source& source, SimPiece piece);
  void release(Source& source);
  void append(const SimPiece& piece);
  void attach();        // the daemon reads its pipes
  void detach();        // and is gone: what it had read and not logged is lost
  void drain();         // all that waits, when the daemon is back
  void lose_process();  // the daemon came back without it
  void end(int code, End how);
  void die(End how, bool old);
  void publish(const std::string& action, std::map<std::string, std::string> more = {});

  SimEngine& engine_;
  ContainerOptions options_;
  SimLog log_;
  std::array<Source, 2> sources_;
  bool process_ = false;  // before the daemon says so, and no more before it says so
  bool paused_ = false;
  bool removing_ = false;
  bool starting_ = false;                         // `start` was not told yet, though its process may write
  int ending_ = 0;                                // steps of an end or a start that the daemon has still to do
  std::optional<std::pair<int, End>> end_waits_;  // until the daemon can notice
  std::string state_ = "created";
  int exit_code_ = 0;
  std::int64_t created_ = 0, started_ = 0, finished_ = 0;  // nanoseconds; 0: never
};

}  // namespace sim
