// Leaving: the orderly end of an instance, which nobody who is connected to the cluster should notice.
//
//   serving ──drain()──▶ noticed ──the notice──▶ going ──nobody is left──▶ giving back ──▶ left
//                           │ hurry(), or little    │                         ▲
//                           ▼ of the grace is left  ▼                         │
//                           └───────────────────▶ hurrying ───────────────────┘
//
// noticed      readiness is 503, and what others follow is handed over; newcomers are served, since balancers look only
//              now and then
// going        nobody can connect any more; clients are told to go, one after the other
// hurrying     whoever is left is closed
// giving back  the leases that are left, since nobody here follows any more
//
// Owner and thread: Instance, the control loop. The process ends itself when the grace is over (process.cpp).
#pragma once

#include <functional>
#include <vector>

#include "api/departures.hpp"
#include "api/metrics.hpp"
#include "api/server.hpp"
#include "app/settings.hpp"
#include "feeds/feeds.hpp"

namespace app {

class Leaving {
 public:
  struct Place {
    net::Loop& loop;
    api::Server& server;
  };
  struct Parts {
    net::Loop& loop;
    const Settings& settings;
    const api::Metrics& metrics;
    std::function<void()> close_door;
    std::function<std::vector<feeds::Feeds*>()> feeds;  // of each Engine that has ever answered
  };
  explicit Leaving(Parts parts) : parts_(std::move(parts)), departures_(parts_.settings.drain_rate) {}
  void add(Place place) { places_.push_back(place); }

  // `left` is called once it has left; at once where it already has. Once begun, it goes on.
  void drain(net::Callback left);
  // Without notice and pace: clients are closed, and told to come back at the pace.
  void hurry();

 private:
  enum class Stage : std::uint8_t { serving, noticed, going, hurrying, giving_back, left };

  void go();
  void give_back();
  void each(void (*tell)(api::Server& server));

  const Parts parts_;
  api::Departures departures_;
  std::vector<Place> places_;
  Stage stage_ = Stage::serving;
  std::size_t staying_ = 0;  // places where clients are left
  std::size_t giving_ = 0;   // feeds that have leases left
  std::vector<net::Callback> on_left_;
  net::Timer notice_, end_;
};

}  // namespace app
