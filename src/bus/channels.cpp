#include "bus/channels.hpp"

#include <algorithm>

namespace bus {

class Channels::Ear final : public Following {
 public:
  Ear(Channels& home_in, Channel& channel_in, Listener& listener_in)
      : home(&home_in), channel(&channel_in), listener(listener_in) {}
  ~Ear() override {
    if (home != nullptr) home->remove(*this);
  }

  Channels* home;  // nullptr: the bus is gone
  Channel* channel;
  Listener& listener;
  bool told = false;  // that the subscription stands
};

Channels::Channels(net::Loop& loop, Source& source)
    : loop_(loop), source_(source), self_(std::make_shared<Channels*>(this)) {}

Channels::~Channels() {
  for (auto& [name, channel] : channels_) {
    for (Ear* ear : channel->ears) {
      if (ear != nullptr) ear->home = nullptr;
    }
  }
}

std::unique_ptr<Following> Channels::add(std::string_view name, Listener& listener) {
  auto found = channels_.find(name);
  if (found == channels_.end()) {
    found = channels_.emplace(std::string(name), std::make_unique<Channel>()).first;
    found->second->name = name;
  }
  Channel& channel = *found->second;
  const bool first = std::all_of(channel.ears.begin(), channel.ears.end(), [](Ear* ear) { return ear == nullptr; });
  auto ear = std::make_unique<Ear>(*this, channel, listener);
  channel.ears.push_back(ear.get());
  if (first) {
    source_.on_wanted(channel.name);
  } else if (channel.standing) {
    loop_.post([self = std::weak_ptr<Channels*>(self_), name = channel.name] {
      const auto alive = self.lock();
      if (alive && (*alive)->standing(name)) (*alive)->stands(name);
    });
  }
  return ear;
}

bool Channels::standing(std::string_view name) const {
  const Channel* channel = find(name);
  return channel != nullptr && channel->standing;
}

std::size_t Channels::followers(std::string_view name) const {
  std::size_t all = 0;
  if (const Channel* channel = find(name)) {
    for (const Ear* ear : channel->ears)
      if (ear != nullptr) all += ear->listener.followers();
  }
  return all;
}

void Channels::stands(std::string_view name) {
  Channel* channel = find(name);
  if (channel == nullptr) return;
  channel->standing = true;
  for_each(*channel, [](Ear& ear) {
    if (!std::exchange(ear.told, true)) ear.listener.on_following();
  });
}

void Channels::deliver(std::string_view name, std::string_view frame) {
  Channel* channel = find(name);
  if (channel == nullptr || !channel->standing) return;
  for_each(*channel, [frame](Ear& ear) {
    if (ear.told) ear.listener.on_frame(frame);
  });
}

void Channels::lost(std::string_view name) {
  Channel* channel = find(name);
  if (channel == nullptr) return;
  channel->standing = false;
  for_each(*channel, [](Ear& ear) {
    if (std::exchange(ear.told, false)) ear.listener.on_lost();
  });
}

Channels::Channel* Channels::find(std::string_view name) const {
  const auto found = channels_.find(name);
  return found == channels_.end() ? nullptr : found->second.get();
}

// Listeners may come and go in the calls: by index, and only over those that were there at the start.
template <class Call>
void Channels::for_each(Channel& channel, Call call) {
  ++channel.busy;
  const std::size_t count = channel.ears.size();
  for (std::size_t i = 0; i < count; ++i) {
    if (Ear* ear = channel.ears[i]) call(*ear);
  }
  --channel.busy;
  sweep(channel);
}

void Channels::remove(Ear& ear) {
  Channel& channel = *ear.channel;
  std::replace(channel.ears.begin(), channel.ears.end(), &ear, static_cast<Ear*>(nullptr));
  if (std::all_of(channel.ears.begin(), channel.ears.end(), [](Ear* other) { return other == nullptr; })) {
    channel.standing = false;
    source_.on_unwanted(channel.name);
  }
  sweep(channel);
}

void Channels::sweep(Channel& channel) {
  if (channel.busy > 0) return;
  std::erase(channel.ears, nullptr);
  if (channel.ears.empty()) channels_.erase(channels_.find(channel.name));
}

base::Error too_large(std::size_t frame_bytes) {
  return base::Error{base::Fault::too_large, "A bus frame of " + std::to_string(frame_bytes) + " bytes is over " +
                                                 std::to_string(frame_bytes_max)};
}

}  // namespace bus
