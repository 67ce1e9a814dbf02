#include "integration/cutting_network.hpp"

#include <algorithm>

namespace integration {

class CuttingNetwork::CutStream final : public net::Stream {
 public:
  CutStream(std::unique_ptr<net::Stream> inner, std::size_t bytes, int& cuts)
      : inner_(std::move(inner)), bytes_(bytes), cuts_(cuts) {}

  void shutdown_write() override { inner_->shutdown_write(); }
  void close() override { inner_->close(); }

 private:
  void start_read(ReadOperation& operation, std::span<char> into) override {
    if (bytes_ == 0 && !broken_ && cuts_ > 0) {
      broken_ = true;
      --cuts_;
    }
    if (broken_) return operation.complete(base::Error{base::Fault::closed, "cut by the test"});
    std::span<char> within = cuts_ > 0 ? into.first(std::min(into.size(), bytes_)) : into;
    reading_ = net::Job(read(operation, within));
  }
  void start_write(WriteOperation& operation, std::string_view from) override {
    writing_ = net::Job(write(operation, from));
  }
  void abandon_read() override { reading_.cancel(); }
  void abandon_write() override { writing_.cancel(); }

  net::Task<void> read(ReadOperation& operation, std::span<char> into) {
    auto got = co_await inner_->read_some(into);
    if (got) bytes_ -= std::min(*got, bytes_);
    operation.complete(std::move(got));
  }
  net::Task<void> write(WriteOperation& operation, std::string_view from) {
    auto done = co_await inner_->write(from);
    operation.complete(std::move(done));
  }

  std::unique_ptr<net::Stream> inner_;
  std::size_t bytes_;
  int& cuts_;
  bool broken_ = false;
  net::Job reading_, writing_;
};

net::Task<base::Result<std::unique_ptr<net::Stream>>> CuttingNetwork::dial(net::Endpoint endpoint) {
  ++dialed_;
  auto stream = co_await inner_.dial(std::move(endpoint));
  if (!stream || cuts_ == 0) co_return std::move(stream);
  const std::size_t bytes = 8192 + random_() % bytes_max_;
  co_return std::make_unique<CutStream>(std::move(*stream), bytes, cuts_);
}

}  // namespace integration
