// EngineEvents: an Engine's events on this instance, whoever reads them: ourselves (docker::EventWatch), and then all
// others hear them from us, or another, and then we hear them from it (shared_reading.hpp). Its Listener is told the
// same either way, each event once; its own memory makes good what a hearer has missed, and finds what comes twice.
//
// On the same channel goes the picture of the containers, which is ContainersFeed's (Picture).
// Owner and thread: app, control loop. Bounds: the memory's; wishes of 64 places at a time.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "docker/client.hpp"
#include "docker/event_memory.hpp"
#include "feeds/engine_news.hpp"
#include "feeds/hearers_place.hpp"
#include "feeds/shared_reading.hpp"

namespace feeds {

class EngineEvents final : private SharedReading::Listener, private docker::EventWatch::Listener {
 public:
  struct Parts {
    docker::Client& engine;
    bus::Bus& bus;
    lease::Lease& lease;
  };
  // The picture of the containers, of which one lists and the others hear.
  class Picture {
   public:
    virtual ~Picture() = default;
    virtual void on_turn(bool reads) = 0;
    // While we read: another follows it, and needs all of it where `whole`.
    virtual void on_wish(bool whole) = 0;
    // While another reads: changes, or a piece of the whole, in order.
    virtual void on_picture(EngineNews news) = 0;
    // While another reads: something may have been missed.
    virtual void on_hole() = 0;
  };

  // Starts at once, and calls from inside. `told` must not destroy it from within a call.
  EngineEvents(Parts parts, docker::EngineIdentity engine, net::Duration lease_ttl, docker::EventWatch::Listener& told);
  ~EngineEvents() override;

  // Who it is, and what its clock was before the first event that is told.
  const docker::EngineIdentity& engine() const { return engine_; }
  bool reading() const { return shared_.reading(); }
  // The Engine does, to this instance.
  bool answers() const { return reading() ? engine_up_ : reached_; }
  BusCounts& counts() { return counts_; }

  void show(Picture* picture) { picture_ = picture; }
  // While we read, to the others.
  void publish(const EngineNews& news) { shared_.publish(encode(news)); }
  // While another reads: said now, and again until it is another wish.
  void wish(EngineWish::Picture picture);
  // How long a wish counts that is not said again.
  net::Duration wish_counts() const { return 8 * shared_.beat(); }

  void yield() { shared_.yield(); }
  net::Task<void> hand_over() { return shared_.hand_over(); }

 private:
  void on_turn(bool reads) override;
  void on_heard(const SharedFrame& frame) override;
  void on_wish(std::string_view body) override;
  void on_hearing() override;
  void on_deaf() override;

  void on_event(const docker::Event& event) override;
  void on_resync() override;
  void on_missed() override;
  void on_up() override;
  void on_down(const base::Error& why) override;

  void hear(EngineNews news);
  void catch_up(const EngineNews& history);
  bool pass(const docker::Event& event);
  void set_engine(bool answers, const base::Error& why);
  void fall_behind();
  void say_wish();
  void answer_wishes();
  void send_history(docker::EventPosition behind);
  net::Task<void> look_whether_it_answers();
  net::Task<void> hear_the_past();
  bool somebody_is_ahead() const;

  Parts parts_;
  const docker::EngineIdentity engine_;
  net::Loop& loop_;
  docker::EventWatch::Listener& told_;
  docker::EventMemory memory_;
  BusCounts counts_;
  Picture* picture_ = nullptr;
  bool engine_up_ = true;  // says who reads
  bool reached_ = true;    // while another reads

  HearersPlace place_;  // while another reads
  EngineWish::Picture picture_wish_ = EngineWish::Picture::none;
  net::Instant wished_at_{std::chrono::hours(-1)};
  net::Timer wish_;

  bool connected_ = false;                                   // while we read: the memory reaches to the present
  std::set<std::pair<std::int64_t, std::uint32_t>> places_;  // whose history is wished for
  net::Timer answer_, down_;

  net::Job looking_, remembering_;
  std::optional<docker::EventWatch> watch_;  // while we read
  SharedReading shared_;                     // it calls from within
  bus::Observing observing_;
};

}  // namespace feeds
