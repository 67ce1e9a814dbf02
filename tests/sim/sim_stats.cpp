// The stats of the simulated Engine: one frame a second while the container runs; what it uses says which one it is.
#include "docker/timestamp.hpp"
#include "sim/sim_connection.hpp"

namespace sim {
namespace {

namespace json = boost::json;
using std::chrono::seconds;

std::string frame(std::int64_t wall, std::uint64_t number) {
  json::object now{{"cpu_usage", json::object{{"total_usage", 2000 + number}}},
                   {"system_cpu_usage", 20'000 + number},
                   {"online_cpus", 1}};
  json::object before{{"cpu_usage", json::object{{"total_usage", 1000}}}, {"system_cpu_usage", 10'000}};
  return json::serialize(json::object{{"read", docker::format_time(net::WallTime(net::Duration(wall)))},
                                      {"cpu_stats", std::move(now)},
                                      {"precpu_stats", std::move(before)},
                                      {"pids_stats", json::object{{"current", number}}}}) +
         "\n";
}

}  // namespace

net::Task<void> SimConnection::stats(SimRequest request) {
  constexpr std::string_view under = "/containers/", asked = "/stats";
  const std::string who = request.path.substr(under.size(), request.path.size() - under.size() - asked.size());
  const auto found = engine_.matching(who);
  if (found.size() != 1) {
    co_await send(inspect(request, who));
    co_return;
  }
  struct Open {
    std::size_t& count;
    explicit Open(std::size_t& count_in) : count(count_in) { ++count; }
    ~Open() { --count; }
  } open(engine_.stats_open_);
  ++engine_.counts_.stats_requests;
  std::string head = "HTTP/1.1 200 OK\r\nApi-Version: 1." + std::to_string(api_minor());
  head += "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
  bool here = co_await write(std::move(head));
  const SimContainer& container = *found.front();
  for (std::uint64_t number = 1; here && !container.removing(); ++number) {
    const net::Timer next = engine_.loop_.after(seconds(1), [this] { changed_.notify(); });
    const net::Instant begun = engine_.loop_.now();
    while (!gone_ && engine_.loop_.now() - begun < seconds(1)) co_await changed_.wait();
    here = co_await ready();
    if (here && container.running()) here = co_await write(chunk(frame(engine_.wall(), number)));
  }
  if (here) co_await write("0\r\n\r\n");
}

}  // namespace sim
