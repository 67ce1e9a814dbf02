#include "app/process.hpp"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <deque>
#include <optional>

#include "app/instance.hpp"
#include "app/log_sink.hpp"
#include "app/version.hpp"
#include "base/log.hpp"
#include "net/asio_network.hpp"
#include "net/epoll_sockets.hpp"
#include "net/loop_thread.hpp"
#include "net/random.hpp"
#include "net/stop_signals.hpp"

namespace app {
namespace {

unsigned cores() {
  cpu_set_t ours;
  return sched_getaffinity(0, sizeof ours, &ours) == 0 ? static_cast<unsigned>(CPU_COUNT(&ours)) : 1;
}

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0' ? name.data() : "dockcast";
}

std::string draw_token() {
  static constexpr char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string token;
  for (const char byte : net::secret_bytes(24)) token += letters[byte & 63];
  return token;
}

// Where a browser on this machine, or on another one where it listens everywhere, finds us.
std::string url(const Settings& settings) {
  std::string host = settings.listen;
  if (host == "0.0.0.0" || host == "::") host = host_name();
  if (host.find(':') != host.npos) host = "[" + host + "]";
  return (speaks_tls(settings) ? "https://" : "http://") + host + ":" + std::to_string(settings.port) +
         settings.server.base_path + "/";
}

// As many descriptors as we may have; how many there are.
std::uint64_t take_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  const rlimit most{limit.rlim_max, limit.rlim_max};
  return setrlimit(RLIMIT_NOFILE, &most) == 0 ? most.rlim_cur : limit.rlim_cur;
}

// Clients are refused in good order before the Engine, Redis and the logs that are read run out of descriptors. Each
// loop lets as many more in to tell them so, at most 64.
void bound_connections(Settings& settings) {
  const std::uint64_t all = take_descriptors();
  const std::uint64_t kept = std::min<std::uint64_t>(settings.descriptors_reserved, all / 2);
  const std::uint64_t of_a_loop = (all - kept) / std::max(1U, settings.serving_loops);
  const std::uint64_t told = std::min<std::uint64_t>(64, of_a_loop / 2);
  settings.connections_of_a_loop = static_cast<std::uint32_t>(std::min<std::uint64_t>(of_a_loop - told, UINT32_MAX));
  if (settings.connections_of_a_loop >= settings.server.connections_max) return;
  base::log::info(
      "Connections are bounded by descriptors",
      {{"descriptors", all}, {"reserved", kept}, {"connections_of_a_loop", settings.connections_of_a_loop}});
}

// An end that is not in good order: the third signal, or a grace that is over.
class Process {
 public:
  explicit Process(const Settings& settings) : settings_(settings) {
    for (unsigned number = 0; number < settings.serving_loops; ++number) serving_.emplace_back(number);
    Place place{control_, network_, {}};
    for (Serving& each : serving_) place.serving.push_back({each.thread.loop(), each.sockets});
    if (serving_.empty()) place.serving.push_back({control_, own_sockets_.emplace(control_)});
    instance_.emplace(std::move(place), settings_, settings_.engine.endpoint);
  }

  int run() {
    const auto port = instance_->listen();
    if (!port) {
      base::log::error("Cannot listen", {{"address", settings_.listen + ":" + std::to_string(settings_.port)},
                                         {"why", port.error().message}});
      return 1;
    }
    base::log::info("Listening", {{"url", url(settings_)},
                                  {"access", asks_for_token(settings_) ? "token" : "none"},
                                  {"serving_loops", settings_.serving_loops}});
    const auto signals = net::on_signals(control_, [this](int number) { on_signal(number); });
    for (Serving& each : serving_) each.thread.start();
    pace_log();
    control_.run();
    for (Serving& each : serving_) each.thread.stop();
    base::log::info("Stopped");
    return 0;
  }

 private:
  struct Serving {
    explicit Serving(unsigned number) : thread("serving " + std::to_string(number)), sockets(thread.loop()) {}
    net::LoopThread thread;
    net::EpollSockets sockets;
  };

  void pace_log() {
    refill_log(settings_.log_lines_per_second);
    pacing_ = control_.after(std::chrono::seconds(1), [this] { pace_log(); });
  }

  void on_signal(int number) {
    if (number == SIGHUP && instance_->reload_certificate()) return;
    if (++stops_ > 1) return stop_sooner();
    base::log::info("Stopping; once more hurries");
    grace_ = control_.after(settings_.drain_grace, [this] {
      base::log::warn("Clients are left that did not go");
      control_.stop();
    });
    instance_->drain([this] { control_.stop(); });
  }

  void stop_sooner() {
    if (stops_ == 2) {
      base::log::warn("Hurrying; once more ends at once");
      return instance_->hurry();
    }
    base::log::warn("Stopping at once");
    control_.stop();
  }

  const Settings& settings_;
  net::AsioLoop control_;
  net::AsioNetwork network_{control_};
  std::deque<Serving> serving_;
  std::optional<net::EpollSockets> own_sockets_;  // where the control loop serves too
  std::optional<Instance> instance_;
  int stops_ = 0;  // that were asked for
  net::Timer grace_, pacing_;
};

}  // namespace

int serve(Settings settings, const std::vector<std::string>& warnings) {
  std::signal(SIGPIPE, SIG_IGN);  // whoever reads our output may go
  if (settings.instance_id.empty()) settings.instance_id = host_name();
  // On one core a second thread would only take turns with the first.
  if (const unsigned all = cores(); settings.serving_loops == 0 && all > 1) settings.serving_loops = all;
  bound_connections(settings);
  const bool draw = asks_for_token(settings) && settings.token.empty();
  if (draw) settings.token = draw_token();
  base::log::info("dockcast", {{"version", version},
                               {"instance", settings.instance_id},
                               {"engine", settings.engine.endpoint.to_string()},
                               {"because", settings.engine.reason}});
  for (const std::string& warning : warnings) base::log::warn(warning);
  if (draw) {
    // To stdout, since it is a secret, and logs are kept and read by many.
    std::printf("Open %s#token=%s\n", url(settings).c_str(), settings.token.c_str());
    std::fflush(stdout);
    base::log::warn("A token was drawn for this run alone; DOCKCAST_TOKEN or DOCKCAST_TOKEN_FILE sets one that stays");
  }
  return Process(settings).run();
}

}  // namespace app
