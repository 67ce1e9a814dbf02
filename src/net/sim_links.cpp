// SimKernel: doors, dialling, and what happens to whole connections and links.
#include <algorithm>
#include <cmath>

#include "net/sim_host.hpp"
#include "net/sim_kernel.hpp"

namespace net {

namespace {

using namespace std::chrono_literals;

constexpr Duration on_one_machine = 20us;
constexpr int tries_max = 7;           // of a SYN: after 1, 2, 4… seconds, as Linux does
constexpr Duration silence_max = 20s;  // as AsioNetwork::silence_max

bool is_local_name(const std::string& host) { return host == "localhost" || host == "127.0.0.1" || host == "::1"; }

std::string door_name(const std::string& machine, const Endpoint& endpoint) {
  return machine + (endpoint.path.empty() ? ":" + std::to_string(endpoint.port) : endpoint.path);
}

// Where a connection will be cut, mostly early: the exponent is drawn evenly.
std::uint64_t drawn_cut(Random& random, std::uint64_t bytes_max) {
  return static_cast<std::uint64_t>(std::exp(random.unit() * std::log(static_cast<double>(bytes_max))));
}

}  // namespace

SimKernel::Link& SimKernel::link(const SimHost& from, const SimHost& to) { return links_[{from.name(), to.name()}]; }

SimLink SimKernel::shape(const SimHost& from, const SimHost& to) {
  if (const auto& given = link(from, to).shape) return *given;
  if (from.machine() == to.machine()) return {on_one_machine, on_one_machine};
  return {};
}

bool SimKernel::links(const Connection& connection, const SimHost& a, const SimHost& b) const {
  const auto& ends = connection.ends;
  return (ends[0].host == &a && ends[1].host == &b) || (ends[0].host == &b && ends[1].host == &a);
}

base::Result<std::uint16_t> SimKernel::open_door(const Endpoint& endpoint, const std::shared_ptr<Door>& door) {
  Endpoint where = endpoint;
  if (where.path.empty() && where.port == 0) where.port = next_port_++;
  auto& place = doors_[door_name(door->loop.host().machine(), where)];
  if (place) return base::Error{base::Fault::conflict, "Somebody listens on " + endpoint.to_string() + " already"};
  place = door;
  return where.port;
}

void SimKernel::close_door(const std::shared_ptr<Door>& door) {
  std::erase_if(doors_, [&door](const auto& entry) { return entry.second == door; });
}

std::shared_ptr<SimKernel::Door> SimKernel::find_door(const SimHost& from, const Endpoint& endpoint) const {
  const bool local = !endpoint.path.empty() || is_local_name(endpoint.host);
  const std::string machine = local ? from.machine() : world_.machine_of(endpoint.host);
  const auto found = doors_.find(door_name(machine, endpoint));
  return found == doors_.end() ? nullptr : found->second;
}

struct SimKernel::Attempt {
  SimLoop& loop;
  Endpoint endpoint;
  OnConnected done;
  int tries = 0;

  void answer(base::Result<Socket> result) {
    loop.post([result = std::move(result), call = std::move(done)]() mutable { call(std::move(result)); });
  }
  void fail(base::Fault fault, const char* why) {
    answer(base::Error{fault, "Cannot connect to " + endpoint.to_string() + ": " + why});
  }
};

void SimKernel::connect(SimLoop& loop, const Endpoint& endpoint, OnConnected done) {
  try_connect(std::make_shared<Attempt>(Attempt{loop, endpoint, std::move(done)}));
}

void SimKernel::try_connect(std::shared_ptr<Attempt> attempt) {
  SimHost& from = attempt->loop.host();
  const auto door = find_door(from, attempt->endpoint);
  const Duration way = door ? shape(from, door->loop.host()).latency : on_one_machine;
  world_.schedule(nullptr, way, [this, attempt, door] {
    SimHost& dialler = attempt->loop.host();
    if (attempt->loop.dead()) return;
    if (!door || !door->on_accept) return attempt->fail(base::Fault::refused, "Connection refused");
    SimHost& there = door->loop.host();
    if (link(dialler, there).lost || link(there, dialler).lost) {
      if (++attempt->tries == tries_max) return attempt->fail(base::Fault::timed_out, "Connection timed out");
      world_.schedule(nullptr, Duration(1s) * (1 << (attempt->tries - 1)), [this, attempt] { try_connect(attempt); });
      return;
    }
    if (world_.random().chance(world_.faults().refuse)) {
      ++world_.counts().refusals;
      return attempt->fail(base::Fault::refused, "Connection refused");
    }
    establish(*attempt, door);
  });
}

void SimKernel::establish(Attempt& attempt, const std::shared_ptr<Door>& door) {
  const int first = std::exchange(next_, next_ + 2);
  auto& connection = *(connections_[first] = std::make_unique<Connection>());
  connection.ends[0].host = &attempt.loop.host();
  connection.ends[1].host = &door->loop.host();
  connection.buffer = std::size_t{1} << (14 + world_.random().below(5));  // 16…256 KiB
  connection.tcp = attempt.endpoint.path.empty();
  if (world_.random().chance(world_.faults().cut)) {
    connection.cut_after = drawn_cut(world_.random(), world_.faults().cut_bytes_max);
  }
  ++world_.counts().connections;

  const auto owned = [](int number) {
    return Socket(number, [](int closing) {
      if (SimWorld* world = SimWorld::current()) world->kernel().close(closing);
    });
  };
  PeerAddress peer;
  if (connection.tcp) peer = {std::string_view("\x0a\0\0\1", 4), static_cast<std::uint16_t>(30'000 + first % 30'000)};
  door->loop.post([door, accepted = Accepted{owned(first + 1), peer}]() mutable {
    if (const auto call = door->on_accept) (*call)(std::move(accepted));
  });
  attempt.answer(owned(first));
}

void SimKernel::close_all_of(const SimHost& host) {
  std::erase_if(doors_, [&host](const auto& entry) {
    if (&entry.second->loop.host() != &host) return false;
    entry.second->on_accept = nullptr;
    return true;
  });
  std::vector<int> sockets;
  for (const auto& [first, connection] : connections_) {
    if (connection->ends[0].host == &host) sockets.push_back(first);
    if (connection->ends[1].host == &host) sockets.push_back(first + 1);
  }
  for (const int socket : sockets) close(socket);
}

void SimKernel::sever(int first, bool drop) {
  Connection& connection = *find(first).connection;
  if (std::exchange(connection.severed, true)) return;
  const bool clean = world_.random().chance(world_.faults().cut_clean);
  ++world_.counts().cuts;
  if (clean) ++world_.counts().clean_cuts;
  for (const int socket : {first, first + 1}) {
    End& end = *find(socket).end;
    if (drop) {
      ++end.lane;
      end.held.clear();
    }
    if (clean) carry(socket, Fin{});
    if (!clean || end.unread_there > 0) carry(socket, Reset{});  // what nobody will read is answered so
  }
}

void SimKernel::cut(const SimHost& a, const SimHost& b) {
  for (const auto& [first, connection] : connections_) {
    if (links(*connection, a, b)) sever(first, true);
  }
}

void SimKernel::stall(const SimHost& a, const SimHost& b, Duration duration) {
  ++world_.counts().stalls;
  link(a, b).stalled_until = link(b, a).stalled_until = world_.now() + duration;
}

void SimKernel::lose(const SimHost& from, const SimHost& to) {
  Link& way = link(from, to);
  if (std::exchange(way.lost, true)) return;
  world_.schedule(nullptr, silence_max, [this, &from, &to, which = ++way.losses] {
    if (const Link& same = link(from, to); same.lost && same.losses == which) give_up(from, to);
  });
}

// Who dialled over TCP has heard no answer to its probes: those connections fail there; the other side is told, if it
// can still be reached.
void SimKernel::give_up(const SimHost& from, const SimHost& to) {
  for (const auto& [first, connection] : connections_) {
    End& dialled = connection->ends[0];
    if (!connection->tcp || !links(*connection, from, to) || dialled.closed || dialled.reset) continue;
    ++world_.counts().timeouts;
    dialled.reset = true;
    connection->severed = true;
    carry(first + 1, Reset{});
    edge(dialled, first);
  }
}

void SimKernel::spare_all() {
  for (const auto& [first, connection] : connections_) connection->cut_after.reset();
}

void SimKernel::heal(const SimHost& from, const SimHost& to) {
  if (!std::exchange(link(from, to).lost, false)) return;
  for (const auto& [first, connection] : connections_) {
    for (const int side : {0, 1}) {
      End& end = connection->ends[side];
      if (end.host != &to || connection->ends[1 - side].host != &from) continue;
      for (Parcel& parcel : std::exchange(end.held, {})) carry(first + side, std::move(parcel));
    }
  }
}

}  // namespace net
