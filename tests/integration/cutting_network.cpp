#include "integration/cutting_network.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "http/response_reader.hpp"

namespace integration {
namespace {

// Where in the frames of a log its answer stands: [stream][0 0 0][length, big endian] and so many bytes.
class FramesOfAnswer {
 public:
  void take(std::string_view bytes) {
    while (!over_) {
      const auto event = answer_.next(bytes);
      CHECK(event.has_value());
      if (event->kind == http::ResponseReader::Kind::more) return;
      over_ = event->kind == http::ResponseReader::Kind::end;
      for (char byte : event->body) take(byte);
    }
  }
  // How much of the frame that has begun is to come, as far as is known; 0 where none has.
  std::size_t left() const { return framed_ ? left_ : 0; }

 private:
  static constexpr std::size_t header_bytes = 8;

  void take(char byte) {
    if (header_bytes_ == header_bytes) {  // within the text
      if (--left_ == 0) header_bytes_ = 0;
      return;
    }
    const auto value = static_cast<unsigned char>(byte);
    if (header_bytes_ < 4 && value > (header_bytes_ == 0 ? 3 : 0)) framed_ = false;  // a terminal's
    length_ = length_ << 8 | value;
    left_ = header_bytes - ++header_bytes_;
    if (header_bytes_ < header_bytes) return;
    left_ = length_;
    if (left_ == 0) header_bytes_ = 0;
  }

  http::ResponseReader answer_;
  bool over_ = false, framed_ = true;
  std::size_t header_bytes_ = 0, left_ = 0;
  std::uint32_t length_ = 0;
};

}  // namespace

class CuttingNetwork::CutStream final : public net::Stream {
 public:
  CutStream(std::unique_ptr<net::Stream> inner, std::size_t bytes, Cuts& cuts)
      : inner_(std::move(inner)), bytes_(bytes), cuts_(cuts) {}

  void shutdown_write() override { inner_->shutdown_write(); }
  void close() override { inner_->close(); }

 private:
  void start_read(ReadOperation& operation, std::span<char> into) override {
    if (bytes_ == 0 && !broken_ && cuts_.left > 0) break_here();
    if (broken_) return operation.complete(base::Error{base::Fault::closed, "cut by the test"});
    std::span<char> within = cuts_.left > 0 ? into.first(std::min(into.size(), bytes_)) : into;
    reading_ = net::Job(read(operation, within));
  }
  void start_write(WriteOperation& operation, std::string_view from) override {
    writing_ = net::Job(write(operation, from));
  }
  void abandon_read() override { reading_.cancel(); }
  void abandon_write() override { writing_.cancel(); }

  // Or, where it is the turn of a cut between two frames, behind the one that has begun.
  void break_here() {
    const std::size_t left = frames_.left();
    const bool within = left > 0;
    if (within && cuts_.within_frames > cuts_.between_frames) {
      bytes_ = left;
      return;
    }
    broken_ = true;
    --cuts_.left;
    ++(within ? cuts_.within_frames : cuts_.between_frames);
  }
  net::Task<void> read(ReadOperation& operation, std::span<char> into) {
    auto got = co_await inner_->read_some(into);
    if (got) bytes_ -= std::min(*got, bytes_);
    if (got) frames_.take({into.data(), *got});
    operation.complete(std::move(got));
  }
  net::Task<void> write(WriteOperation& operation, std::string_view from) {
    auto done = co_await inner_->write(from);
    operation.complete(std::move(done));
  }

  std::unique_ptr<net::Stream> inner_;
  std::size_t bytes_;
  FramesOfAnswer frames_;
  Cuts& cuts_;
  bool broken_ = false;
  net::Job reading_, writing_;
};

net::Task<base::Result<std::unique_ptr<net::Stream>>> CuttingNetwork::dial(net::Endpoint endpoint) {
  ++dialed_;
  auto stream = co_await inner_.dial(std::move(endpoint));
  if (!stream || cuts_.left == 0) co_return std::move(stream);
  const std::size_t bytes = 8192 + random_() % bytes_max_;
  co_return std::make_unique<CutStream>(std::move(*stream), bytes, cuts_);
}

}  // namespace integration
