// Fanout: what one serving loop sends: the sessions' outgoing side, its mirrors of the rings, and the followers.
//
//   ring (control loop)  ──publications by reference──▶  mirror ──cursor──▶ follower ──▶ outlet ──▶ socket
//
// A follower is a cursor into a mirror: no queue, nothing copied or allocated when a publication passes. Once per turn
// everything between a follower's cursor and the mirror's end is given to its socket in one send. What the socket does
// not take of a publication is copied into the outlet's backlog (at most one publication, by which cursors always stand
// between publications), and the outlet is blocked until the socket is writable again; its neighbours go on. A cursor
// that the mirror's oldest publication has overtaken is *behind*: the follower is taken off and reported with the place
// where it stands, and its history is replayed to it from the source.
//
// Owner and thread: the serving loop. Sessions are named by slot and generation, so that late news of an old session
// touches nobody. Not here: what the bytes mean, who may follow, deadlines.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/callback.hpp"
#include "hub/publication.hpp"
#include "net/client_sockets.hpp"

namespace hub {

struct Session {
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
  bool operator==(const Session&) const = default;
};

// A follower's name within its loop: the session and the number of its subscription there.
struct FollowerName {
  Session session;
  std::uint32_t subscription = 0;
  bool operator==(const FollowerName&) const = default;
};

using RingNumber = std::uint32_t;  // from 1

// Where a follower goes on in a ring: from this publication on, before which it stands at `place`.
struct Joint {
  RingNumber ring = 0;
  std::uint64_t sequence = 0;
  Place place{};
};

// What the fan-out tells the one above it.
class FanoutObserver {
 public:
  virtual ~FanoutObserver() = default;
  // The follower fell out of the ring at `joint`; it follows nothing until it is attached again.
  virtual void on_behind(const FollowerName& follower, const Joint& joint) = 0;
  // So many bytes of what was sent privately for this follower have left the backlog.
  virtual void on_drained(const FollowerName& follower, std::size_t bytes) = 0;
  // The socket failed in a send: the session is to be closed.
  virtual void on_broken(std::uint32_t slot) = 0;
};

// What the messages of a ring are counted as: a number below groups_max, that means something to whoever opens rings.
using Group = std::uint8_t;
inline constexpr std::size_t groups_max = 16;

// How a ring's messages are to be handled.
struct Manner {
  Group group = 0;
  // Only the newest message counts: it is all that the ring keeps, and who is slow is given that one. How slow somebody
  // is, sockets do not tell, who hold thousands of small messages: so each message is followed by a ping, and whoever
  // has ever echoed one is sent the next message when it has echoed the last.
  bool latest_wins = false;
};
inline constexpr std::string_view latest_ping = "latest";  // its payload

// Counted over the life of the loop, read by the metrics on the same thread.
struct FanoutCounts {
  std::array<std::uint64_t, groups_max> messages{};  // by group
  std::uint64_t bytes = 0, sends = 0, blocked = 0, behind = 0;
};

class Fanout {
 public:
  Fanout(net::Loop& loop, net::ClientSockets& sockets) : loop_(loop), sockets_(sockets) {}
  void set_observer(FanoutObserver& observer) { observer_ = &observer; }

  // Sessions. `socket` as numbered by ClientSockets.
  Session open(std::uint32_t slot, int socket);
  void close(std::uint32_t slot);
  bool is_open(const Session& session) const;
  // Framed bytes of this session alone, in order with everything else it is sent.
  void send(std::uint32_t slot, std::string_view bytes);
  // The same for a follower whose history is replayed, so many messages of it; on_drained reports when they have gone.
  struct Replay {
    std::string bytes;
    std::uint32_t messages = 1;
    Group group = 0;
  };
  void replay(const FollowerName& follower, const Replay& history);
  void on_writable(std::uint32_t slot);
  // A pong came. Whether it may answer a latest_ping: whatever it says, since of several pings that came together a
  // client may answer the last one alone (RFC 6455, 5.5.3).
  bool on_echo(std::uint32_t slot);
  std::size_t backlog_bytes(std::uint32_t slot) const;
  std::size_t backlog_bytes() const;  // of all
  bool blocked(std::uint32_t slot) const { return outlets_[slot].blocked; }
  // When its socket last took anything: the measure of progress while it is blocked.
  net::Instant last_sent(std::uint32_t slot) const { return outlets_[slot].last_sent; }

  // Subscriptions: numbers are the session's own, dense and reused.
  std::uint32_t add_subscription(std::uint32_t slot);
  void remove_subscription(std::uint32_t slot, std::uint32_t subscription);

  // Mirrors, told in order with the publications by the Hub. `skip`: the mirror missed something and goes on at `next`.
  void open_mirror(RingNumber ring, std::uint64_t next, const Place& place, Manner manner = {});
  void close_mirror(RingNumber ring);
  void skip(RingNumber ring, std::uint64_t next, const Place& place);
  void publish(RingNumber ring, PublicationRef publication, std::uint64_t oldest);
  // It is behind at once if the mirror has moved past the joint.
  void attach(const FollowerName& name, const Joint& joint);
  // Takes it off its ring; nothing is reported.
  void leave(const FollowerName& name);
  // Takes it off its ring and reports it as behind, wherever it stands.
  void release(const FollowerName& name);
  // Whatever its ring holds, and all that was sent to its session, has been given to the socket.
  bool has_everything(const FollowerName& name) const;

  // Sends what this turn has gathered.
  void flush();

  const FanoutCounts& counts() const { return counts_; }
  // Source time to socket write, called once per ring and turn with how many messages it stands for.
  using OnLatency = base::Callback<void(Group group, net::WallTime source, std::uint64_t messages)>;
  void set_on_latency(OnLatency on_latency) { on_latency_ = std::move(on_latency); }

 private:
  struct Follower {
    std::uint32_t slot;
    std::uint32_t subscription : 31;
    std::uint32_t listed : 1;  // in the mirror's `lagging`
    std::uint64_t cursor;      // the sequence it needs next; it lags if that is before the mirror's `flushed`
  };
  struct Mirror {
    RingNumber ring;
    Manner manner;
    std::deque<PublicationRef> publications;
    std::uint64_t next;     // sequence after the last
    std::uint64_t flushed;  // where every follower stands that does not lag
    Place base;             // before the oldest
    std::vector<Follower> followers;
    std::vector<FollowerName> lagging;  // all who lag; may also name some who caught up or are gone
    bool dirty = false;
    std::uint64_t oldest() const { return next - publications.size(); }
  };
  struct Subscription {
    Mirror* mirror = nullptr;  // null: not attached
    std::uint32_t index = 0;   // in mirror->followers
    bool used = false;
  };
  struct Replayed {
    FollowerName follower;
    std::size_t bytes;
    std::size_t end;  // offset in the backlog's bytes
  };
  struct Backlog {
    std::string bytes;
    std::size_t sent = 0;
    std::deque<Replayed> replayed;
  };
  struct Outlet {
    int socket = -1;
    std::uint32_t generation = 0;
    bool blocked = false;
    bool echoes = false;       // it has answered a latest_ping
    bool unread = false;       // and not yet the last one
    std::uint16_t pinged = 0;  // pings that were sent and not answered
    net::Instant last_sent{};
    std::vector<Subscription> subscriptions;
    std::unique_ptr<Backlog> backlog;  // exists only while something waits
  };

  std::size_t transmit(std::uint32_t slot, std::span<const iovec> parts, std::size_t bytes);
  void queue(Outlet& outlet, std::string_view bytes);
  bool flush_backlog(std::uint32_t slot);
  void flush_mirror(Mirror& mirror);
  void gather(const Mirror& mirror, std::uint64_t from);
  void send_gathered(const Mirror& mirror, Follower& follower);
  void catch_up(Mirror& mirror, Follower& follower);
  void catch_up_all(std::uint32_t slot);
  void lag(Mirror& mirror, Follower& follower);
  bool takes(const Mirror& mirror, std::uint32_t slot) const {
    return !outlets_[slot].blocked && !(mirror.manner.latest_wins && outlets_[slot].unread);
  }
  Follower* find(const Mirror& mirror, const FollowerName& name) const;
  void purge(Mirror& mirror);
  void drop_oldest(Mirror& mirror);
  void detach(Outlet& outlet, std::uint32_t subscription);

  net::Loop& loop_;
  net::ClientSockets& sockets_;
  FanoutObserver* observer_ = nullptr;
  std::vector<Outlet> outlets_;
  std::unordered_map<RingNumber, std::unique_ptr<Mirror>> mirrors_;
  std::vector<Mirror*> dirty_;
  std::vector<Session> broken_;
  std::vector<iovec> parts_;  // what gather() found
  std::size_t parts_bytes_ = 0;
  std::uint32_t parts_messages_ = 0;
  net::Instant now_{};  // read once per turn
  FanoutCounts counts_;
  OnLatency on_latency_;
};

}  // namespace hub
