// LogHistory: brings one follower from where it stands to the ring: what it asked for when it came, or what it missed
// while its socket was slow. Docker is read up to the feed's position, then the ring goes on, without a seam; if the
// ring has moved past that point meanwhile (a slow client, a long log), the next stretch is read.
//
// Owner and thread: LogFeeds, control loop; destroying it stops it. Bounds: at most `window` bytes on their way to the
// socket; a read that waits for a slow socket for long gives its place in the queue of readers back.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "feeds/follow.hpp"
#include "feeds/log_feed.hpp"
#include "feeds/log_past.hpp"
#include "net/gate.hpp"
#include "net/signal.hpp"

namespace feeds {

class LogHistory {
 public:
  struct Asked {
    hub::Follower follower;
    Shape shape;
    Start start;
    bool answer = true;                        // `subscribed` is owed; not after falling behind
    bool resumed = false;                      // the client gave a position, and is told what became of it
    std::optional<docker::Standpoint> stands;  // it is in the midst of the log, whatever it asked for once
    std::optional<Standing> knows;             // of one that fell behind: what it was told last
  };
  struct Shared {
    LogFeed::Shared& feeds;
    net::Gate& reads;  // history reads of this Engine at once
    LogPast& past;     // of its channel
  };
  // `done` is called, from the loop, when the follower is attached, or was refused (then with the error).
  using Done = base::Callback<void(std::optional<base::Error>)>;
  LogHistory(Shared shared, LogFeed& feed, Asked asked, Done done);

  void on_drained(std::size_t bytes);
  void on_feed_moved() { moved_.notify(); }
  // The ring has it, and `done` is about to be called.
  bool attached() const { return attached_; }
  // What is still to be done, for another one to do.
  Asked rest() const;

 private:
  // How a stretch ended: in the ring; there is more to read, since its socket kept it waiting for too long, or the ring
  // has moved on; it stands behind what the ring has, and waits for that.
  enum class Stretch { joined, late, ahead };

  net::Task<void> run();
  net::Task<std::optional<base::Error>> serve();
  bool may_share() const;
  net::Task<base::Result<Stretch>> read_stretch();
  net::Task<base::Result<Stretch>> pass_on(LogPassage& passage);
  Stretch finish(std::optional<LogFrame> last, const LogPassage::Goal& goal);
  void leave_out();
  void tell(std::optional<LogFrame> frame);
  net::Task<bool> credit(net::Duration most);
  void answer(const docker::HistoryStart& start);
  void answer(Subscribed subscribed);
  bool attach(std::uint64_t sequence);
  void tell(const Standing& standing);
  void send(std::string bytes, std::uint32_t messages);
  bool resumes() const;
  bool from_the_present() const;
  docker::HistoryFrom wish() const;
  // Deflated is what all followers share: for one alone the control loop's time is too dear.
  Shape plain() const { return {asked_.shape.form, asked_.shape.out, asked_.shape.err}; }

  Shared shared_;
  LogFeed& feed_;
  Asked asked_;
  Done done_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
  net::Loop& loop_;
  std::optional<docker::Standpoint> at_;  // where the follower stands, once that is known
  bool begins_later_ = false;             // than the position that was given, with its tail
  bool attached_ = false;
  std::size_t in_flight_ = 0;
  net::Signal moved_, drained_;
  net::Job job_;
};

}  // namespace feeds
