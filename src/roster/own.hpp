// Own: what this instance tells of itself: three tables, of which the others see copies. Thread: the control loop.
// Bounds: a row for each session and channel that is there, some 170 bytes.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "roster/table.hpp"

namespace roster {

// What becomes of a session.
struct SessionNews {
  enum class What : std::uint8_t { opened, changed, closed } what;
  std::uint64_t number = 0;  // on this instance
  std::string subject = {};
  std::uint64_t subscriptions = 0;
  std::string address = {};  // with `opened`, and so is when
  net::WallTime connected{};
};

class Own {
 public:
  // `id`: this process' alone: `label`, "-" and 64 random bits as 16 digits.
  Own(std::string id, std::string label, std::string version, net::WallTime started);

  const std::string& id() const { return self_.id; }
  const std::string& label() const { return self_.label; }

  void set_engines(std::vector<std::string> engines) { self_.engines = std::move(engines); }
  void tell(const SessionNews& news);
  void set_channels(std::span<const OwnChannel> channels);

  struct Tables {
    Table instance, sessions, channels;
  };
  Tables& tables();  // the instance's with what it counts now

  // What there is without the others.
  View view(Kind kind);

 private:
  Instance self_;
  Tables tables_;
};

}  // namespace roster
