// on_signals: the process's signals SIGTERM, SIGINT and SIGHUP, told on a real loop instead of ending the process.
// Once per process; the end of the returned value gives them back.
#pragma once

#include <functional>
#include <memory>

#include "net/asio_loop.hpp"

namespace net {

class StopSignals {
 public:
  virtual ~StopSignals() = default;
};

std::unique_ptr<StopSignals> on_signals(AsioLoop& loop, std::function<void(int)> call);

}  // namespace net
