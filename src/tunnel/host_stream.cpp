#include "tunnel/host_stream.hpp"

#include <algorithm>
#include <vector>

#include "base/log.hpp"
#include "tunnel/far_stream.hpp"

namespace tunnel {

constexpr net::Duration dial_within = std::chrono::seconds(5);

HostStream::HostStream(Host& host, std::string asker, std::uint64_t stream)
    : host_(host),
      asker_(std::move(asker)),
      wire_({host.loop_, host.parts_.bus}, asker_channel(asker_), stream),
      credit_(host.loop_) {}

void HostStream::hear(const Frame& frame) {
  if (over_) return;
  if (!wire_.hears(frame)) return cut("The bus has lost a part of what was asked");
  switch (frame.kind) {
    case Kind::bytes:
      return on_bytes(frame.payload);
    case Kind::credit:
      taken_ = std::clamp(decode_count(frame.payload), taken_, sent_);
      return credit_.notify();
    case Kind::end:
    case Kind::cut:
      over_ = true;
      job_.cancel();
      return host_.forget(wire_.stream());
    default:
      return;
  }
}

void HostStream::on_bytes(std::string_view bytes) {
  switch (guard_.feed(bytes)) {
    case RequestGuard::Verdict::more:
      return;
    case RequestGuard::Verdict::passes:
      job_ = net::Job(ask());
      return;
    case RequestGuard::Verdict::refused:
      if (job_.running()) return cut("One connection through a tunnel has one request");
      base::log::info("Refused a request through the tunnel", {{"asker", asker_}});
      job_ = net::Job(refuse());
      return;
  }
}

net::Task<void> HostStream::refuse() {
  co_await give(guard_.answer());
  end(Kind::end);
}

net::Task<void> HostStream::ask() {
  auto engine = co_await net::with_deadline(host_.loop_, dial_within, host_.parts_.network.dial(host_.parts_.engine));
  if (!engine) {
    cut(engine.error().message);
    co_return;
  }
  auto asked = co_await (*engine)->write(guard_.request());
  if (!asked) {
    cut(asked.error().message);
    co_return;
  }
  const std::string why = co_await pump(**engine);
  if (why.empty()) {
    end(Kind::end);
  } else {
    cut(why);
  }
}

// Until the Engine's end; says what went wrong.
net::Task<std::string> HostStream::pump(net::Stream& engine) {
  std::vector<char> buffer(payload_bytes_max);
  for (;;) {
    while (sent_ - taken_ >= window_bytes) co_await credit_.wait();
    const std::size_t room = std::min<std::size_t>(buffer.size(), window_bytes - (sent_ - taken_));
    auto got = co_await engine.read_some(std::span(buffer.data(), room));
    if (!got) co_return got.error().message;
    if (*got == 0) co_return std::string();
    const net::Duration wait = host_.wait_for(*got);
    if (wait > net::Duration::zero()) co_await host_.loop_.sleep(wait);
    const bool given = co_await give(std::string_view(buffer.data(), *got));
    if (!given) co_return std::string("Nobody hears what the Engine says");
  }
}

net::Task<bool> HostStream::give(std::string_view bytes) {
  const net::Gate::Place place = co_await host_.flights_.enter();
  sent_ += bytes.size();
  auto receivers = co_await wire_.sent(Kind::bytes, bytes);
  co_return receivers&&* receivers > 0;
}

void HostStream::cut(std::string_view why) { end(Kind::cut, why); }

void HostStream::end(Kind kind, std::string_view why) {
  if (std::exchange(over_, true)) return;
  wire_.send(kind, why);
  host_.forget(wire_.stream());
}

void HostStream::look() {
  if (over_) return;
  if (wire_.silent()) return cut("The asker is silent");
  wire_.keep_alive();
}

}  // namespace tunnel
