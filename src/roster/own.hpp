// Own: what this instance tells of itself: three journals, from which the others' copies are written. Thread: the
// control loop. Bounds: a row for each channel that is there; of sessions what has changed and is not written yet.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "roster/census.hpp"
#include "roster/table.hpp"

namespace roster {

class Own {
 public:
  // `id`: this process' alone: `label`, "-" and 64 random bits as 16 digits.
  Own(std::string id, std::string label, std::string version, net::WallTime started);

  const std::string& id() const { return self_.id; }
  const std::string& label() const { return self_.label; }

  // Before anything is looked at or written. It outlives us.
  void set_census(Census& census) { sessions_.census = &census; }
  void set_engines(std::vector<std::string> engines) { self_.engines = std::move(engines); }
  void tell(const SessionNews& news);
  void set_channels(std::span<const OwnChannel> channels);

  struct Journals {
    Journal &instance, &sessions, &channels;
  };
  Journals journals();  // the instance's with what it counts now

  // What there is without the others; never told inside the call.
  using OnView = base::Callback<void(View)>;
  void view(net::Loop& loop, Kind kind, OnView on_view);

 private:
  struct Sessions final : Journal {
    void refill() override;
    void tell(const SessionNews& news);

    Census* census = nullptr;
  };

  Table& instance();

  Instance self_;
  Table instance_, channels_;
  Sessions sessions_;
};

}  // namespace roster
