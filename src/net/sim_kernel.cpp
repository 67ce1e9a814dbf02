// Connections: what sockets do, and how parcels travel.
#include "net/sim_kernel.hpp"

#include <algorithm>
#include <cmath>

#include "base/check.hpp"
#include "net/sim_host.hpp"

namespace net {

namespace {

using namespace std::chrono_literals;

template <class... Cases>
struct Match : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Match(Cases...) -> Match<Cases...>;

std::string gathered(std::span<const iovec> from, std::size_t bytes) {
  std::string text;
  text.reserve(bytes);
  for (const iovec& part : from) {
    text.append(static_cast<const char*>(part.iov_base), std::min(part.iov_len, bytes - text.size()));
  }
  return text;
}

}  // namespace

SimKernel::Found SimKernel::find(int socket) {
  const auto found = connections_.find(socket & ~1);
  if (found == connections_.end()) return {nullptr, nullptr, nullptr};
  Connection& connection = *found->second;
  return {&connection, &connection.ends[socket & 1], &connection.ends[other(socket) & 1]};
}

std::size_t SimKernel::room(const Found& found) const {
  if (found.end->choked) return 0;
  return found.connection->buffer - std::min(found.connection->buffer, found.end->unread_there);
}

bool SimKernel::has_room(const Found& found) const { return room(found) > found.connection->buffer / 3; }

void SimKernel::tell_of_room(const Found& found, int socket) {
  if (!found.end->blocked || !has_room(found)) return;
  found.end->blocked = false;
  edge(*found.end, socket);
}

void SimKernel::edge(End& end, int socket) {
  if (end.watcher != nullptr) end.watcher->on_edge(socket);
}

void SimKernel::watch(int socket, Watcher& watcher) {
  if (const Found found = find(socket); found.end != nullptr) {
    found.end->watcher = &watcher;
    edge(*found.end, socket);
  }
}

SimKernel::Ready SimKernel::ready(int socket) const {
  const Found found = const_cast<SimKernel*>(this)->find(socket);
  if (found.end == nullptr) return {true, true, true};
  const End& end = *found.end;
  const bool hung_up = end.fin_received || end.reset;
  return {.readable = hung_up || end.taken < end.received.size(),
          .writable = end.reset || has_room(found),
          .hung_up = hung_up};
}

Transfer SimKernel::receive(int socket, std::span<char> into) {
  const Found found = find(socket);
  if (found.end == nullptr || found.end->closed) return {Transfer::State::failed, 0};
  End& end = *found.end;
  const std::size_t bytes = std::min(end.received.size() - end.taken, into.size());
  if (bytes == 0) {
    if (end.reset) return {Transfer::State::failed, 0};
    if (end.fin_received) return {Transfer::State::end, 0};
    return {Transfer::State::would_block, 0};
  }
  end.received.copy(into.data(), bytes, end.taken);
  end.taken += bytes;
  if (end.taken == end.received.size()) {
    end.received.clear();
    end.taken = 0;
  }
  world_.note(bytes);
  carry(other(socket), Ack{bytes});
  return {Transfer::State::done, bytes};
}

Transfer SimKernel::send(int socket, std::span<const iovec> from) {
  const Found found = find(socket);
  if (found.end == nullptr || found.end->closed || found.end->reset || found.end->fin_sent) {
    return {Transfer::State::failed, 0};
  }
  std::size_t wanted = 0;
  for (const iovec& part : from) wanted += part.iov_len;
  if (wanted == 0) return {Transfer::State::done, 0};
  std::size_t bytes = std::min(wanted, room(found));
  if (bytes == 0) {
    ++world_.counts().would_blocks;
    found.end->blocked = true;
    return {Transfer::State::would_block, 0};
  }
  if (bytes > 1 && world_.random().chance(world_.faults().short_send)) {
    ++world_.counts().short_sends;
    bytes = 1 + world_.random().below(bytes - 1);
    choke(socket);
  }
  if (bytes < wanted) found.end->blocked = true;
  found.end->unread_there += bytes;
  world_.counts().bytes += bytes;
  world_.note(bytes);
  send_bytes(socket, gathered(from, bytes));
  return {Transfer::State::done, bytes};
}

void SimKernel::send_bytes(int socket, std::string bytes) {
  Connection& connection = *find(socket).connection;
  if (connection.severed) {  // whoever writes on is told that there is no such connection
    carry(socket, Reset{});
    return;
  }
  const bool cut = connection.cut_after && *connection.cut_after <= bytes.size();
  if (cut) {
    bytes.resize(*connection.cut_after);
  } else if (connection.cut_after) {
    *connection.cut_after -= bytes.size();
  }
  while (bytes.size() > 1 && world_.random().chance(world_.faults().slice)) {
    ++world_.counts().slices;
    const std::size_t first = 1 + world_.random().below(bytes.size() - 1);
    carry(other(socket), bytes.substr(0, first));
    bytes.erase(0, first);
  }
  if (!bytes.empty()) carry(other(socket), std::move(bytes));
  if (cut) sever(socket & ~1, false);
}

void SimKernel::choke(int socket) {
  find(socket).end->choked = true;
  world_.schedule(nullptr, Duration(world_.random().below(5'000'000)), [this, socket] {
    const Found found = find(socket);
    if (found.end == nullptr) return;
    found.end->choked = false;
    tell_of_room(found, socket);
  });
}

void SimKernel::shutdown_write(int socket) {
  const Found found = find(socket);
  if (found.end == nullptr || found.end->closed || std::exchange(found.end->fin_sent, true)) return;
  ++world_.counts().half_closes;
  if (!found.connection->severed) carry(other(socket), Fin{});
}

void SimKernel::close(int socket) { close(socket, false); }
void SimKernel::reset(int socket) { close(socket, true); }

void SimKernel::close(int socket, bool reset) {
  const Found found = find(socket);
  if (found.end == nullptr || found.end->closed) return;
  End& end = *found.end;
  const bool unread = end.taken < end.received.size();
  end.closed = true;
  end.watcher = nullptr;
  end.received = std::string();
  if (found.peer->closed) {
    connections_.erase(socket & ~1);
    return;
  }
  if (found.connection->severed || end.reset) return;
  if (unread || reset) {
    ++world_.counts().resets;
    carry(other(socket), Reset{});
  } else if (!end.fin_sent) {
    carry(other(socket), Fin{});
  }
}

void SimKernel::carry(int to, Parcel parcel) {
  const Found found = find(to);
  Link& way = link(*found.peer->host, *found.end->host);
  if (way.lost) {
    ++world_.counts().losses;
    found.end->held.push_back(std::move(parcel));
    return;
  }
  const SimLink timing = shape(*found.peer->host, *found.end->host);
  Duration delay =
      timing.latency + Duration(world_.random().below(1 + static_cast<std::uint64_t>(timing.jitter.count())));
  if (std::holds_alternative<std::string>(parcel) && world_.random().chance(world_.faults().stall)) {
    ++world_.counts().stalls;
    delay += Duration(world_.random().below(static_cast<std::uint64_t>(world_.faults().stall_max.count())));
  }
  End& end = *found.end;
  end.last_arrival = std::max({end.last_arrival, way.stalled_until, world_.now() + delay});
  world_.schedule(nullptr, end.last_arrival - world_.now(),
                  [this, to, lane = end.lane, parcel = std::move(parcel)]() mutable {
                    const Found there = find(to);
                    if (there.end != nullptr && there.end->lane == lane) arrive(to, parcel);
                  });
}

void SimKernel::arrive(int socket, Parcel& parcel) {
  const Found found = find(socket);
  End& end = *found.end;
  world_.note(static_cast<std::uint64_t>(socket) << 8 | parcel.index());
  std::visit(Match{[&](std::string& bytes) {
                     if (end.closed) {
                       if (!std::exchange(end.reset, true)) carry(other(socket), Reset{});
                     } else if (!end.reset) {
                       end.received += bytes;
                       edge(end, socket);
                     }
                   },
                   [&](const Ack& ack) {
                     end.unread_there -= ack.bytes;
                     tell_of_room(found, socket);
                   },
                   [&](const Fin&) {
                     end.fin_received = true;
                     edge(end, socket);
                   },
                   [&](const Reset&) {
                     end.reset = true;
                     edge(end, socket);
                   }},
             parcel);
}

}  // namespace net
