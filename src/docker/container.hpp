// Container: what the Engine says about one, as far as anybody here asks. A plain value, read from the answers of
// /containers/json (the list) and /containers/{id}/json (inspect); the list knows less.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "net/loop.hpp"

namespace docker {

using Labels = std::map<std::string, std::string>;

struct Container {
  std::string id;      // 64 hex digits
  std::string name;    // without the slash
  std::string image;   // as it was asked for
  std::string state;   // created running paused restarting exited removing dead
  std::string status;  // for people: "Up 2 minutes (healthy)"; inspect has none, there it is the state
  std::string health;  // starting healthy unhealthy; empty without a health check
  net::WallTime created{};
  std::optional<int> exit_code;  // of the last run, while there is no other
  Labels labels;

  // Only inspect tells these.
  bool inspected = false;
  std::optional<net::WallTime> started, finished;
  bool tty = false;
  std::string log_driver;
  Labels log_options;

  // What is stamped so or later belongs to this run, what is stamped before to the one before it: half way from that
  // one's end, since an Engine notes the start of a run some milliseconds behind its first lines.
  net::WallTime run_border() const;
  // Something runs in it and may write: paused ones too, as State.Running counts.
  bool running() const { return state == "running" || state == "paused"; }
  bool restarting() const { return state == "restarting"; }
  // Compose's names for what it belongs to; empty where it does not.
  std::string project() const { return label("com.docker.compose.project"); }
  std::string service() const { return label("com.docker.compose.service"); }
  std::string label(const std::string& key) const {
    const auto found = labels.find(key);
    return found == labels.end() ? std::string() : found->second;
  }
};

base::Result<std::vector<Container>> parse_container_list(std::string_view text);
base::Result<Container> parse_container_inspect(std::string_view text);

}  // namespace docker
