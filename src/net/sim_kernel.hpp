// SimKernel: the simulated system calls and what they act on: doors, connections and the links between hosts. Judged by
// the contract suites beside the real kernel. Owned by SimWorld.
//
// A connection is two ends. Each has a bounded buffer: what one end wrote and the other has not yet read never exceeds
// it. Between the ends go parcels (bytes, acknowledgements, FIN, RST), in order per direction, each with a delay; all
// faults are things that happen to parcels. Numbers of sockets are never used again.
#pragma once

#include <sys/uio.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>

#include "net/client_sockets.hpp"
#include "net/network.hpp"
#include "net/sim_world.hpp"

namespace net {

class SimLoop;

class SimKernel {
 public:
  using Ready = ClientSockets::Ready;
  // Whoever waits for a socket's readiness; told of edges, inside the kernel's event: it posts to its loop.
  class Watcher {
   public:
    virtual ~Watcher() = default;
    virtual void on_edge(int socket) = 0;
  };
  struct Door {
    SimLoop& loop;
    std::shared_ptr<Network::OnAccept> on_accept;  // null when the listener is gone
  };
  using OnConnected = std::function<void(base::Result<Socket>)>;

  explicit SimKernel(SimWorld& world) : world_(world) {}

  Transfer receive(int socket, std::span<char> into);
  Transfer send(int socket, std::span<const iovec> from);
  void shutdown_write(int socket);
  void close(int socket);
  void reset(int socket);
  void watch(int socket, Watcher& watcher);
  Ready ready(int socket) const;

  // The port; 0 for paths.
  base::Result<std::uint16_t> open_door(const Endpoint& endpoint, const std::shared_ptr<Door>& door);
  void close_door(const std::shared_ptr<Door>& door);
  // `done` is called on the loop.
  void connect(SimLoop& loop, const Endpoint& endpoint, OnConnected done);

  void close_all_of(const SimHost& host);
  void cut(const SimHost& a, const SimHost& b);
  void stall(const SimHost& a, const SimHost& b, Duration duration);
  void lose(const SimHost& from, const SimHost& to);
  void heal(const SimHost& from, const SimHost& to);
  void spare_all();
  void set_link(const SimHost& from, const SimHost& to, SimLink shape) { link(from, to).shape = shape; }

 private:
  struct Fin {};
  struct Reset {
    bool timed_out = false;
  };
  struct Ack {
    std::size_t bytes;
  };
  using Parcel = std::variant<std::string, Ack, Fin, Reset>;

  struct End {
    const SimHost* host = nullptr;
    Watcher* watcher = nullptr;
    std::string received;  // and not yet read from `taken` on
    std::size_t taken = 0;
    std::size_t unread_there = 0;  // what it sent and the other side is not known to have read
    bool fin_sent = false, fin_received = false, reset = false, closed = false;
    bool choked = false;   // takes nothing more for a moment
    bool blocked = false;  // was told so: owes an edge
    // Its incoming lane:
    Instant last_arrival{};
    std::uint64_t lane = 0;   // parcels of an older lane are lost
    std::deque<Parcel> held;  // swallowed by a lost direction
  };
  struct Connection {
    End ends[2];  // 0: who dialled
    std::size_t buffer = 0;
    bool tcp = true;
    std::optional<std::uint64_t> cut_after;  // bytes, both directions together
    bool severed = false;
  };
  struct Link {
    std::optional<SimLink> shape;
    bool lost = false;
    std::uint64_t losses = 0;  // which of its losses this is
    Instant stalled_until{};
  };
  struct Found {
    Connection* connection;
    End* end;
    End* peer;
  };
  struct Attempt;

  static int other(int socket) { return socket ^ 1; }
  void close(int socket, bool reset);
  Found find(int socket);
  Link& link(const SimHost& from, const SimHost& to);
  SimLink shape(const SimHost& from, const SimHost& to);
  bool links(const Connection& connection, const SimHost& a, const SimHost& b) const;
  std::size_t room(const Found& found) const;
  bool has_room(const Found& found) const;  // enough to be called writable, as Linux sees it
  void tell_of_room(const Found& found, int socket);
  void edge(End& end, int socket);

  void carry(int to, Parcel parcel);
  void arrive(int socket, Parcel& parcel);
  void send_bytes(int socket, std::string bytes);
  void choke(int socket);
  void sever(int first_end, bool drop);
  void give_up(const SimHost& from, const SimHost& to);

  std::shared_ptr<Door> find_door(const SimHost& from, const Endpoint& endpoint) const;
  void try_connect(std::shared_ptr<Attempt> attempt);
  void establish(Attempt& attempt, const std::shared_ptr<Door>& door);

  SimWorld& world_;
  std::map<int, std::unique_ptr<Connection>> connections_;  // by their first end's number
  int next_ = 2;
  std::map<std::pair<std::string, std::string>, Link> links_;
  std::map<std::string, std::shared_ptr<Door>> doors_;
  std::uint16_t next_port_ = 20'000;
};

}  // namespace net
