// RealEngine: a private Docker Engine that a test drives: containers with known output, and raw questions. Which ones
// there are says the environment (tools/run-tests): DOCKCAST_TEST_ENGINE_20, DOCKCAST_TEST_ENGINE_26. Blocking calls on
// the test's own loop; what was created is removed at the end.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "http/client.hpp"
#include "net/asio_loop.hpp"
#include "net/asio_network.hpp"

namespace integration {

// A real loop and network, and coroutines run to their end on them.
class Ground {
 public:
  net::AsioLoop loop;
  net::AsioNetwork network{loop};

  // The test fails, and the process ends, where the task does not come to its end in time.
  template <class T>
  T await(net::Task<T> task, net::Duration limit = std::chrono::seconds(30)) {
    std::optional<T> result;
    net::Job job(store(std::move(task), result));
    const bool done = loop.run_until([&] { return result.has_value(); }, limit);
    if (!done) ADD_FAILURE() << "no end within the limit";
    CHECK(done);
    return std::move(*result);
  }
  bool until(const std::function<bool()>& done) { return loop.run_until(done, std::chrono::seconds(120)); }

 private:
  template <class T>
  static net::Task<void> store(net::Task<T> task, std::optional<T>& result) {
    T value = co_await std::move(task);
    result.emplace(std::move(value));
  }
};

struct RunOptions {
  bool tty = false;
  std::string driver = "json-file";
  std::vector<std::pair<std::string, std::string>> log_options = {};
  std::vector<std::pair<std::string, std::string>> labels = {};
  std::string restart_policy = "no";
};

class RealEngine {
 public:
  // Nothing where the environment names none of that version ("20", "26").
  static std::optional<net::Endpoint> endpoint(const std::string& version);

  RealEngine(Ground& ground, net::Endpoint endpoint);
  ~RealEngine();

  http::Reply call(const std::string& method, const std::string& target, const std::string& body = {});
  http::Reply get(const std::string& target) { return call("GET", target); }

  // A container of demo:1 that runs this shell script. Returns its id.
  std::string create(const std::string& name, const std::string& script, const RunOptions& options = {});
  void start(const std::string& id) { act(id, "start"); }
  // POST /containers/{id}/{action}
  void act(const std::string& id, const std::string& action);
  // Its exit code, once it has ended.
  int wait(const std::string& id);
  void remove(const std::string& id);

 private:
  Ground& ground_;
  http::Client http_;
  std::vector<std::string> created_;
};

}  // namespace integration
