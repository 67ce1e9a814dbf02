// SimConnection: one client of the simulated Engine: requests in, answers out, one at a time on one connection.
// A coroutine that answers, and another that reads ahead, so that a client that leaves is noticed in the middle of a
// stream. Owned by SimEngine.
#pragma once

#include <boost/json.hpp>
#include <map>
#include <memory>
#include <string>

#include "net/signal.hpp"
#include "net/stream.hpp"
#include "sim/sim_engine.hpp"

namespace sim {

struct SimRequest {
  std::string method;
  std::string path;     // decoded, without the version
  std::string version;  // "1.41"; empty where none was asked for
  std::map<std::string, std::string> query;
  bool http_1_0 = false;

  std::string get(const std::string& name) const {
    const auto found = query.find(name);
    return found == query.end() ? std::string() : found->second;
  }
  // As httputils.BoolValue.
  bool yes(const std::string& name) const;
};

struct SimAnswer {
  int status = 200;
  std::string body;
  std::string type = "application/json";
  std::map<std::string, std::string> headers = {};
};

// As a part of an answer without a length.
std::string chunk(std::string_view body);

class SimConnection {
 public:
  SimConnection(SimEngine& engine, std::unique_ptr<net::Stream> stream);
  void start();
  void wake() { changed_.notify(); }

 private:
  net::Task<void> read_ahead();
  net::Task<void> serve();
  // Waits until a whole head has come; empty when the client is gone.
  net::Task<std::string> next_head();
  net::Task<void> answer(SimRequest request);
  net::Task<void> send(SimAnswer answer);
  net::Task<bool> write(std::string text);  // false: the client is gone
  net::Task<bool> ready();                  // waits while the daemon is stalled; false: the client is gone

  net::Task<void> logs(SimRequest request);
  net::Task<void> stream_logs(SimContainer& container, LogRequest request, std::string head);
  net::Task<void> events(SimRequest request);
  net::Task<void> stats(SimRequest request);
  SimAnswer plain(const SimRequest& request);
  SimAnswer version_refused(const SimRequest& request);
  SimAnswer list(const SimRequest& request);
  SimAnswer inspect(const SimRequest& request, std::string_view text);
  SimAnswer about();
  SimAnswer info();

  bool old() const { return engine_.options().generation == Generation::docker_20; }
  int api_minor() const { return old() ? 41 : 45; }
  int api_minor_min() const { return old() ? 12 : 24; }

  SimEngine& engine_;
  std::unique_ptr<net::Stream> stream_;
  net::Signal changed_;
  std::string in_;
  bool gone_ = false;
  bool keep_alive_ = true;
  bool head_only_ = false;
  net::Job reader_, server_;
};

}  // namespace sim
