// LogRun: one read of a container's log that followers share who stand at places in it. The frames that it brings are
// kept for a while, and each takes them at its own pace.
//
// A follower is seated where the run shows its very position: the same marks, head and stamp, at a line's end. Then the
// rest of the run is what a read of its own would bring. One whose records a gap of the run covers, since rotation took
// them, begins at that gap, as it would by itself. Who comes while the first `span` is read waits for its place;
// whoever is not found in there asks anew, so nobody waits for a far one's history.
//
// Thread: the control loop. Bounds: frames of `span`; beyond, the oldest go, whoever has not taken them; fewer where
// all runs of the instance hold too much. The read stops where it is far ahead of everybody, and ends where that lasts.
// Not here: who is given a seat in which run (log_past.hpp).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "feeds/log_feed.hpp"
#include "net/gate.hpp"
#include "net/signal.hpp"

namespace feeds {

class LogRun {
 public:
  static constexpr std::size_t span = 4 * 1024 * 1024;
  static constexpr std::size_t all_max = 32 * 1024 * 1024;  // of all runs of an instance

  struct Shared {
    LogFeed::Shared& feeds;
    net::Gate& reads;   // history reads of this Engine at once
    std::size_t& held;  // bytes, by all runs
  };
  // A follower's place among the frames. In one run at a time.
  struct Seat {
    enum class State : std::uint8_t { outside, seeking, seated };

    Seat(net::Loop& loop, const docker::Position& stands) : at(stands), changed(loop) {}
    const docker::Position at;
    State state = State::outside;
    std::uint64_t next = 0;  // frame
    std::size_t has = 0;     // its first entries, which the follower has
    net::Signal changed;     // for the one who has the seat
  };
  enum class State : std::uint8_t { reading, whole, broken_off, failed };

  // Reads on from `begin` once it is started, up to where the feed stands now.
  LogRun(const Shared& shared, LogFeed& feed, const docker::Position& begin);
  ~LogRun();
  LogRun(const LogRun&) = delete;
  void start(net::Gate::Place place) { reading_ = net::Job(read(std::move(place))); }

  // Gives it a seat among the frames that are there; where `seeks`, also among those to come.
  bool admit(Seat& seat, bool seeks);
  void leave(Seat& seat);
  bool deserted() const { return seats_.empty(); }

  State state() const { return state_; }
  const base::Error& error() const { return *error_; }
  const docker::Position& begun_at() const { return begin_; }
  const docker::Standpoint& until() const { return until_; }
  const docker::Position& position() const { return position_; }  // when it is whole
  // For who is seated: its next frame was dropped; it is there; and taken.
  bool missed(const Seat& seat) const { return seat.next < first_; }
  bool ready(const Seat& seat) const { return !missed(seat) && seat.next < end(); }
  const LogFrame& peek(const Seat& seat) const { return frames_[seat.next - first_].frame; }
  LogFrame take(Seat& seat);

 private:
  struct Kept {
    LogFrame frame;
    docker::Standpoint before, after;
    std::size_t bytes, offset;  // its own, and those of all frames before it
  };

  net::Task<void> read(net::Gate::Place place);
  void finish(State state);
  void add(LogFrame frame);
  void drop_oldest();
  bool seek(Seat& seat, std::uint64_t frame);
  static std::optional<std::size_t> find(const Kept& kept, const docker::Position& at);
  std::uint64_t end() const { return first_ + frames_.size(); }
  bool far_ahead() const;
  net::Task<bool> room();

  Shared shared_;
  LogFeed& feed_;
  net::Loop& loop_;
  const docker::Position begin_;
  const docker::Standpoint until_;
  docker::Position position_;
  State state_ = State::reading;
  std::optional<base::Error> error_;
  std::vector<Seat*> seats_;
  std::deque<Kept> frames_;
  std::uint64_t first_ = 0;  // the number of the oldest
  docker::Standpoint at_;    // behind the newest
  std::size_t held_ = 0, read_bytes_ = 0;
  net::Signal taken_;
  net::Job reading_;
};

}  // namespace feeds
