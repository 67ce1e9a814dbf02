// Client: asks one Docker Engine, by typed questions only: nothing that a caller says reaches the Engine unescaped or
// as another request. Negotiates the API version (1.41 to 1.55) before the first question and again after the Engine
// was away. Branches on the status, never on an error's words, which differ between engines; the words are passed on.
//
// A connection for each question. Every task may be dropped at any wait; it must end before the Client. Thread: the
// network's loop. Bounds: 5 s for a ping, 15 s for an answer (of a stream: for its head), 64 MiB of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "docker/container.hpp"
#include "docker/events.hpp"
#include "docker/stats.hpp"
#include "http/client.hpp"

namespace docker {

// Who the Engine is, wherever it is reached.
struct EngineIdentity {
  std::string id;         // of /info; Podman may have none, then its host's name
  std::uint64_t key = 0;  // engine_key(id), as positions carry it
  std::string host;       // its name, for people
  net::WallTime clock{};  // its own, as it said so; ours, where it does not tell
};

struct EngineVersion {
  std::string version;  // "26.1.5+dfsg1"
  int major = 0;        // 26; 0 where it is not a number
  int api_minor = 0;    // negotiated: 45 is 1.45
  bool podman = false;  // spoken to as to Docker, but stamps its logs by the second

  // Its follows repeat, reorder and forget where a log rotates (docker-engine.md 3.4). API 1.42 came with 23.0.
  bool before_23() const { return api_minor < 42; }
};

struct ListQuery {
  bool all = false;  // the stopped ones too
  // As `docker ps --filter`: all labels must hold, any of the others.
  std::vector<std::string> labels = {}, names = {}, ids = {};
};

// Always with timestamps. `tail` counts records of both streams, before everything else is applied.
struct LogQuery {
  std::optional<std::int64_t> since_ns = {}, until_ns = {};  // inclusive
  std::optional<std::uint64_t> tail = {};
  bool follow = false;
  bool out = true, err = true;
  // Of what is no follow: an Engine that is silent for longer hangs. It may search a log of many gigabytes, so: long.
  net::Duration silence_max = std::chrono::minutes(5);
};

struct Candidate {
  std::string id, name;
};
// What a full id, a name or the beginning of an id stands for: a container (as inspect tells it), or several.
struct Resolved {
  std::optional<Container> container;
  std::string answer = {};                 // the Engine's own to inspect, JSON
  std::vector<Candidate> candidates = {};  // where there is no container: at least two
};

class Client {
 public:
  Client(net::Network& network, net::Endpoint endpoint);

  // Nothing but whether it answers; also finds out which version it speaks.
  net::Task<base::Result<void>> ping();
  net::Task<base::Result<EngineIdentity>> identity();
  net::Task<base::Result<EngineVersion>> version();
  net::Task<base::Result<std::vector<Container>>> list(ListQuery query);
  // By full id, name or unique prefix, as the Engine finds it.
  net::Task<base::Result<Container>> inspect(std::string who);
  // The Engine's own answer to inspect, JSON.
  net::Task<base::Result<std::string>> inspect_text(std::string who);
  // Fault::not_found where nothing matches.
  net::Task<base::Result<Resolved>> resolve(std::string who);
  // The body as it comes, still framed (docker::LogRecords reads it).
  net::Task<base::Result<std::unique_ptr<http::Body>>> logs(std::string id, LogQuery query);
  net::Task<base::Result<std::unique_ptr<EventStream>>> events(EventQuery query);
  // One frame a second, for as long as the container exists.
  net::Task<base::Result<std::unique_ptr<StatsStream>>> stats(std::string id);

  net::Loop& loop() { return network_.loop(); }
  // The Engine is reached through another instance, which should be the first to read it.
  bool relayed() const { return network_.relayed(); }
  const net::Endpoint& endpoint() const { return http_.endpoint(); }

 private:
  net::Task<base::Result<void>> negotiate();
  // GET of the path behind the version. An answer of 200, else the error that it tells.
  net::Task<base::Result<std::string>> fetch(std::string path);
  net::Task<base::Result<std::unique_ptr<http::Body>>> open(std::string path, net::Duration silence_max = {});
  base::Error lost(base::Error error);

  net::Network& network_;
  http::Client http_;
  std::optional<int> api_minor_;  // negotiated
};

// What an answer that is not 2xx means; its words are the Engine's own.
base::Error error_of(int status, std::string_view body);
// Of the answer to /version.
base::Result<EngineVersion> parse_version(std::string_view text, int api_minor);

}  // namespace docker
