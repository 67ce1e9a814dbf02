#include "net/stop_signals.hpp"

#include <boost/asio/signal_set.hpp>
#include <csignal>

namespace net {

namespace {

class AsioSignals final : public StopSignals {
 public:
  AsioSignals(AsioLoop& loop, std::function<void(int)> call)
      : watch_(std::make_shared<Watch>(loop.context(), std::move(call))) {
    watch_->wait();
  }
  ~AsioSignals() override {
    watch_->ended = true;
    watch_->signals.clear();
    watch_->signals.cancel();
  }

 private:
  struct Watch : std::enable_shared_from_this<Watch> {
    Watch(boost::asio::io_context& context, std::function<void(int)> call_in)
        : signals(context, SIGTERM, SIGINT, SIGHUP), call(std::move(call_in)) {}
    void wait() {
      signals.async_wait([self = shared_from_this()](const boost::system::error_code& error, int number) {
        if (error || self->ended) return;
        self->call(number);
        if (!self->ended) self->wait();
      });
    }
    boost::asio::signal_set signals;
    std::function<void(int)> call;
    bool ended = false;
  };
  std::shared_ptr<Watch> watch_;
};

}  // namespace

std::unique_ptr<StopSignals> on_signals(AsioLoop& loop, std::function<void(int)> call) {
  return std::make_unique<AsioSignals>(loop, std::move(call));
}

}  // namespace net
