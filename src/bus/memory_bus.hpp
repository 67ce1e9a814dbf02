// MemoryBus: the bus of one process that is a cluster by itself. Frames are delivered from the loop, in order, never
// lost. Thread: its loop's.
#pragma once

#include "bus/channels.hpp"

namespace bus {

class MemoryBus final : public Bus, private Channels::Source {
 public:
  explicit MemoryBus(net::Loop& loop);

  void publish(std::string_view channel, std::string frame, OnPublished on_published) override;
  std::unique_ptr<Following> follow(std::string_view channel, Listener& listener) override;
  State state() const override { return State::embedded; }
  Observing on_state(std::function<void(State)>) override { return {}; }  // it never changes

 private:
  base::Result<std::uint64_t> carry(std::string_view channel, std::string_view frame);
  void on_wanted(const std::string& channel) override;
  void on_unwanted(const std::string&) override {}

  net::Loop& loop_;
  Channels channels_;
  std::shared_ptr<MemoryBus*> self_;
};

}  // namespace bus
