#include "bus/memory_bus.hpp"

namespace bus {

MemoryBus::MemoryBus(net::Loop& loop)
    : loop_(loop), channels_(loop, *this), self_(std::make_shared<MemoryBus*>(this)) {}

void MemoryBus::publish(std::string_view channel, std::string frame, OnPublished on_published) {
  loop_.post([self = std::weak_ptr<MemoryBus*>(self_), channel = std::string(channel), frame = std::move(frame),
              on_published = std::move(on_published)]() mutable {
    const auto alive = self.lock();
    if (!alive) return;
    auto receivers = (*alive)->carry(channel, frame);
    if (on_published) on_published(std::move(receivers));
  });
}

base::Result<std::uint64_t> MemoryBus::carry(std::string_view channel, std::string_view frame) {
  if (frame.size() > frame_bytes_max) return too_large(frame.size());
  if (!channels_.standing(channel)) return 0;
  channels_.deliver(channel, frame);
  return 1;
}

std::unique_ptr<Following> MemoryBus::follow(std::string_view channel, Listener& listener) {
  return channels_.add(channel, listener);
}

void MemoryBus::on_wanted(const std::string& channel) {
  loop_.post([self = std::weak_ptr<MemoryBus*>(self_), channel] {
    if (const auto alive = self.lock()) (*alive)->channels_.stands(channel);
  });
}

}  // namespace bus
