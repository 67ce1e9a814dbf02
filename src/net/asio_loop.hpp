// AsioLoop: the real Loop, over one Asio io_context run by one thread. Asio stays in this room's .cpp files.
// Timers are a heap of our own under one Asio timer; what is posted waits in one vector, so that a burst costs one
// wake-up and the order is exact. Calls that never ran are destroyed with the loop.
#pragma once

#include <functional>
#include <memory>

#include "net/loop.hpp"
#include "net/random.hpp"

namespace boost::asio {
class io_context;
}

namespace net {

class AsioLoop final : public Loop {
 public:
  AsioLoop();
  ~AsioLoop() override;
  AsioLoop(const AsioLoop&) = delete;
  AsioLoop& operator=(const AsioLoop&) = delete;

  Instant now() const override;
  WallTime wall_now() const override;
  [[nodiscard]] Timer after(Duration delay, Callback call) override;
  void post(Callback call) override;
  Random& random() override;

  // On the thread that becomes the loop's: until stop().
  void run();
  // Ends run() after what was posted before. Any thread.
  void stop();
  // For tests and short commands: until `done` or the limit; says whether it is done.
  bool run_until(const std::function<bool()>& done, Duration limit);

  boost::asio::io_context& context();  // for this room's .cpp files

 private:
  void cancel(std::uint64_t timer) override;
  void drain();
  void set_alarm();
  void on_alarm();

  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace net
