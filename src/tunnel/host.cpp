#include "tunnel/host.hpp"

#include <algorithm>

#include "tunnel/directory.hpp"
#include "tunnel/host_stream.hpp"

namespace tunnel {

using namespace std::chrono_literals;

constexpr net::Duration look_every = 1s;
constexpr net::Duration moment = 50ms;
constexpr net::Duration burst = 100ms;  // of what the rate allows

Host::Host(Parts parts, std::string name, Settings settings)
    : parts_(std::move(parts)),
      loop_(parts_.network.loop()),
      name_(std::move(name)),
      settings_(settings),
      flights_(loop_, flights_max) {
  following_ = parts_.bus.follow(host_channel(name_), *this);
  announce();
  look();
}

Host::~Host() = default;

void Host::on_engine(const std::string& id, bool answers) {
  if (is_name(id)) engine_ = id;
  if (std::exchange(answers_, answers) == answers) return;
  if (!answers) silent_since_ = loop_.now();
  answers ? announce() : say(Kind::gone);
}

void Host::leave() {
  leaving_ = true;
  say(Kind::gone);
  for (const auto& [number, stream] : streams_) stream->cut("The instance goes");
}

void Host::announce() {
  announcer_ = loop_.after(announce_every, [this] { announce(); });
  if (engine_.empty()) return;
  const bool remembered = answers_ || loop_.now() - silent_since_ < Directory::remembered;
  if (remembered) parts_.registry.note(engine_);  // also while this instance goes: the Engine does not
  if (answers_ && !leaving_) say(Kind::here);
}

void Host::on_asked() {
  if (std::exchange(asked_, true)) return;
  answerer_ = loop_.after(moment, [this] {
    asked_ = false;
    announce();
    if (!answers_ || leaving_) say_known();
  });
}

// Whoever asks is told of an Engine that does not answer now, too: its containers do exist.
void Host::say_known() {
  if (engine_.empty()) return;
  const net::Duration silent = answers_ ? net::Duration::zero() : loop_.now() - silent_since_;
  const auto age = static_cast<std::uint64_t>(silent / 1s);
  parts_.bus.publish(hosts_channel, encode(Frame{Kind::known, 0, age, engine_}), {});
}

void Host::say(Kind kind) {
  if (engine_.empty()) return;
  parts_.bus.publish(hosts_channel, encode(Frame{kind, 0, 0, encode(Announcement{name_, engine_})}), {});
}

void Host::on_frame(std::string_view bytes) {
  const auto frame = decode(bytes);
  if (!frame) return;
  if (const auto found = streams_.find(frame->stream); found != streams_.end()) return found->second->hear(*frame);
  if (frame->kind == Kind::open) open(*frame);
}

void Host::open(const Frame& frame) {
  const std::string asker(frame.payload);
  const auto of_asker = std::count_if(streams_.begin(), streams_.end(),
                                      [&asker](const auto& each) { return each.second->asker() == asker; });
  const bool full = streams_.size() >= streams_max;
  if (full || static_cast<std::size_t>(of_asker) >= asker_streams_max) {
    const char* why = full ? "Too many connections through this instance to its Engine are open"
                           : "Too many connections of one instance to the Engine of another are open";
    return Wire({loop_, parts_.bus}, asker_channel(asker), frame.stream).send(Kind::cut, why);
  }
  auto& stream = streams_[frame.stream];
  stream = std::make_unique<HostStream>(*this, asker, frame.stream);
  stream->hear(frame);
  stream->greet();
}

void Host::on_lost() {
  for (const auto& [number, stream] : streams_) stream->cut("Redis does not answer");
}

void Host::look() {
  looker_ = loop_.after(look_every, [this] { look(); });
  for (const auto& [number, stream] : streams_) stream->look();
}

// Later: it may be the stream itself that says so.
void Host::forget(std::uint64_t stream) {
  loop_.post([this, stream, alive = std::weak_ptr(alive_)] {
    if (alive.lock()) streams_.erase(stream);
  });
}

// Each in its turn: who asks next is given the time behind this one's.
net::Duration Host::wait_for(std::size_t bytes) {
  const net::Instant now = loop_.now();
  const net::Instant turn = std::max(free_at_, now - burst);
  free_at_ = turn + net::Duration(static_cast<std::int64_t>(bytes * 1'000'000'000 / settings_.bytes_s));
  return std::max<net::Duration>(turn - now, net::Duration::zero());
}

}  // namespace tunnel
