// SimLoop: a Loop in virtual time, one of a SimHost's. Owned by its host.
#pragma once

#include "net/loop.hpp"
#include "net/random.hpp"

namespace net {

class SimHost;

class SimLoop final : public Loop {
 public:
  explicit SimLoop(SimHost& host);
  SimLoop(const SimLoop&) = delete;

  Instant now() const override;
  WallTime wall_now() const override;
  [[nodiscard]] Timer after(Duration delay, Callback call) override;
  void post(Callback call) override;
  Random& random() override { return random_; }

  SimHost& host() { return host_; }
  bool dead() const;  // its host was killed

 private:
  void cancel(std::uint64_t timer) override;

  SimHost& host_;
  const std::uint64_t incarnation_;
  Random random_;
  Instant last_post_{};  // when what was posted last will run, by the world's time
};

}  // namespace net
