// LogFeed: this instance's side of one container's log, where Docker, bus, lease and hub meet.
//
//            first follower          lease granted                lease lost, or taken by another
//   joining ────────────────▶ relaying ───────────▶ owning ──────────────────────────────────▶ relaying
//                                 │ Redis down, 3–8 s  │ Redis down
//                                 ▼                    ▼
//                             degraded (reads Docker itself, publishes nothing) ──Redis back──▶ relaying or owning
//
// An owner whose log is too much for the bus (bus_budget.hpp) publishes tips only, which say so; a relay is `pulling`
// then: it reads Docker itself until the owner publishes again.
//
// Whoever reads turns what Docker says into LogFrames and publishes them; whoever does not, hears them. Both put them
// through the LogChain, which drops what is known and says when something is missing: then the log is read from where
// we stand to its end, and the frames that came meanwhile are judged again. With every renewal (TTL / 3) the owner
// publishes a tip, so that a lost last frame is found; a relay that hears nothing for one TTL tries to take over.
//
// Owner and thread: LogFeeds, control loop. Bounds: frames waiting for a backfill 4 MiB (beyond: read again).
// Not here: followers' histories (log_history.hpp), what messages look like (log_messages.hpp).
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "bus/bus.hpp"
#include "docker/history_read.hpp"
#include "docker/log_reader.hpp"
#include "feeds/bus_budget.hpp"
#include "feeds/log_chain.hpp"
#include "feeds/log_feeds.hpp"
#include "feeds/log_rings.hpp"
#include "feeds/lone_reading.hpp"
#include "lease/lease.hpp"
#include "net/gate.hpp"
#include "net/signal.hpp"

namespace feeds {

// Worth asking again: the Engine may come back. The other faults are the container's own, or the asker's.
bool passing(const base::Error& error);
// Who has just come is told that nobody answers when it did not get better for so long: other commands wait behind it.
inline constexpr net::Duration answer_within = std::chrono::seconds(2);
base::Error no_answer(const base::Error& error);

class LogFeed final : public bus::Listener, public docker::LogSink {
 public:
  enum class Role : std::uint8_t { joining, relaying, pulling, owning, degraded };

  // What all feeds of an instance share.
  struct Shared {
    LogFeeds::Parts& parts;
    const Settings& settings;
    std::uint64_t instance;  // drawn at start: whose frames are whose
    std::string engine_id;   // as /info has it
    std::function<void(Undecodable)> on_undecodable;
    ws::Deflater& deflater;
    BusBudget& budget;
    LoneReading& lone;
    net::Gate& catch_ups;  // reads of Docker up to the present, at once
    LossCounts& losses;
    net::Instant redis_down_since{};
    bool degraded = false;  // Redis is down, and followers were told
  };
  // What it tells the one who owns it; called from its coroutines, never from within its own calls.
  struct Owner {
    virtual ~Owner() = default;
    virtual void on_joined(LogFeed& feed) = 0;  // at() is known
    virtual void on_moved(LogFeed& feed) = 0;   // a backfill has ended
    virtual void on_failed(LogFeed& feed,
                           const base::Error& error) = 0;  // it cannot be read: all followers are refused
    virtual void on_removed(LogFeed& feed) = 0;            // the container is gone, `removed` is in the rings
    virtual void on_yielded(LogFeed& feed) = 0;            // it was the owner, and another is
  };

  LogFeed(Shared& shared, docker::Container container, Owner& owner);
  ~LogFeed() override;

  const docker::Container& container() const { return container_; }
  Role role() const { return role_; }
  bool joined() const { return chain_.has_value(); }
  const docker::Position& at() const { return chain_->at(); }
  const docker::Standpoint& standpoint() const { return chain_->standpoint(); }
  const docker::Position& identity() const { return identity_; }
  docker::LogSource source() const { return {container_, identity_}; }
  LogRings& rings() { return rings_; }
  LogMessages& messages() { return messages_; }

  // Nobody who reads has been heard of for so long that more may have been lost than at() shows.
  bool stale() const;
  // A follower is ahead of us, or we are stale: read on. on_moved() follows.
  void catch_up() { start_backfill(); }
  // The container was started, stopped or removed, says Docker.
  void wake();
  LossCounts& losses() { return shared_.losses; }
  // At other instances, as of our last publication; only an owner knows.
  bool others_follow() const { return others_ > 0; }
  // Gives the lease up, so that another takes over at once; asks for none any more.
  net::Task<void> hand_over();
  // The same for the sake of others, and once: as soon as another instance follows, who can take over. Until then, and
  // if that one goes too, we read: our followers must not notice.
  void yield();
  // This instance has lost Redis (degraded), or has it again (recovered). Behind `removed` nothing is said.
  void announce(LogState word);
  // Redis came or went.
  void on_bus_state() { changed_.notify(); }

 private:
  void on_frame(std::string_view bytes) override;
  void on_following() override;
  void on_lost() override;
  std::size_t followers() const override { return rings_.followers(); }
  void on_lines(docker::LogBatch& batch) override;
  void on_gap(const docker::Gap& gap) override;
  void on_state(docker::LogEvent event) override;

  // log_feed.cpp: what is heard and read
  void hear(LogFrame frame);
  void want(const docker::Position& position);
  void wait(LogFrame frame);
  void accept(LogFrame frame);
  LogChain::Verdict count(const LogFrame& frame, std::size_t before, LogChain::Verdict verdict);
  void judge_waiting();
  void read(LogFrame frame);
  void turn(LogState word);
  void say(LogState word);
  Standing standing() const { return {state_, source_down_, shared_.degraded}; }
  LogState state() const { return source_down_ ? LogState::source_down : state_; }  // as frames have it
  void publish(LogFrame frame);
  void publish_tip(LogFrame::Kind kind);
  void heed_pull();
  void tell_gap(const docker::Position& to, std::string_view reason);

  // log_feed_roles.cpp: who reads
  net::Task<void> run();
  net::Task<bool> join();
  net::Task<base::Result<docker::Position>> present_end();
  net::Task<void> relay();
  struct Grant {
    lease::Fence fence;
    net::Instant asked;
  };
  net::Task<void> own(Grant grant);
  void take(const Grant& grant);
  net::Task<std::optional<Grant>> read_on_without_lease(LoneReading::Seat* seat);
  net::Task<void> release();
  bool stood_still() const;
  net::Task<void> wait_to_read_alone();
  net::Task<void> read_alone();
  net::Task<base::Result<std::optional<lease::Fence>>> acquire();
  void hear_of_holder(const std::string& value);  // of a lease that we are refused
  void start_reader();
  net::Task<void> nap(net::Duration most);
  net::Duration jitter(net::Duration most);

  // log_feed_backfill.cpp: what was missed
  net::Task<void> backfill();
  enum class ReadTo : std::uint8_t { end, trouble, nothing };  // nothing: Docker has no such log any more
  net::Task<ReadTo> read_to_end(const std::optional<docker::Position>& sought);
  void start_backfill();
  void moved();

  Shared& shared_;
  net::Loop& loop_;
  docker::Container container_;
  Owner& owner_;
  docker::Position identity_;
  std::string name_;  // on the bus, and of the lease
  LogMessages messages_;
  LogRings rings_;
  std::optional<LogChain> chain_;
  LogState state_ = LogState::unknown;  // but for source_down_
  bool source_down_ = false;
  Role role_ = Role::joining;

  lease::Fence fence_{};        // ours while owning, else the newest heard of
  net::Instant valid_until_{};  // by our own clock: nothing is published after it
  net::Instant heard_at_{};     // the owner's last sign of life
  bool try_now_ = false;        // the owner said that it goes
  lease::Fence released_{};     // whose owner said so: its lease may reach Redis after its word reached us
  std::string held_value_;      // what the lease held when we were refused, and since when
  net::Instant held_since_{};
  net::Instant turned_at_{};  // degraded: when it last looked at the lease; it may have stood still since
  bool asking_ = false;       // for the lease
  bool leaving_ = false;      // it hands over, and asks no more
  BusBudget::Share share_;    // while owning
  bool pull_ = false;         // the owner's last word, also our own
  bool yields_ = false;       // it hands over when others follow
  std::uint64_t others_ = 0;  // receivers of our last publication, less ourselves

  std::deque<LogFrame> waiting_;  // frames that a backfill holds up
  std::size_t waiting_bytes_ = 0;
  std::optional<docker::Position> wanted_position_;  // frames have shown that the log reaches so far
  bool read_again_ = false;

  net::Signal changed_;  // something the role's coroutine waits for
  bool followed_ = false;
  std::unique_ptr<bus::Following> following_;
  std::unique_ptr<docker::LogReader> reader_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();  // for calls that may come after our end
  net::Job backfilling_;
  net::Job running_;
};

}  // namespace feeds
