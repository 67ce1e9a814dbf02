#include "sim/message_instance.hpp"

#include "bus/memory_bus.hpp"
#include "bus/redis_bus.hpp"
#include "messages/memory_store.hpp"
#include "messages/redis_store.hpp"
#include "redis/address.hpp"
#include "ws/decoder.hpp"

namespace sim {

namespace json = boost::json;

MessageInstance::MessageInstance(net::SimWorld& world, const std::string& host, bool redis,
                                 feeds::MessageFeeds::Settings settings, std::size_t ring_bytes)
    : host_(host), near_(world.host(host).make_loop()), hub_(ring_bytes) {
  if (redis) {
    const auto address = redis::parse_address("redis://redis:6379");
    client_ = std::make_unique<redis::Client>(near_, *address);
    bus_ = std::make_unique<bus::RedisBus>(near_, *address, bus::RedisBus::Settings{});
    store_ = std::make_unique<messages::RedisStore>(near_.loop(), *client_);
  } else {
    bus_ = std::make_unique<bus::MemoryBus>(near_.loop());
    store_ = std::make_unique<messages::MemoryStore>(near_.loop(), *bus_);
  }
  fanout_.set_observer(*this);
  hub_.add_loop(mailbox_);
  feeds_ = std::make_unique<feeds::MessageFeeds>(
      feeds::MessageFeeds::Parts{near_.loop(),
                                 hub_,
                                 {this},
                                 *bus_,
                                 *store_,
                                 host,
                                 [this](std::string question) { return mail_->ask(std::move(question)); }},
      std::move(settings));
  messages::Mail::Office office;
  office.deliver = [](const messages::Letter&, messages::Mail::OnReached) {};
  office.reply = [this](std::string_view question) { return feeds_->reply(question); };
  mail_ = std::make_unique<messages::Mail>(near_.loop(), *bus_, host, std::move(office));
}

MessageInstance::~MessageInstance() = default;

std::uint32_t MessageInstance::follow(const std::string& name, const std::string& since, bool watches) {
  const std::uint32_t slot = slots_++;
  feeds::Follow follow;
  follow.source = feeds::Source::app;
  follow.follower = {0, {fanout_.open(slot, static_cast<int>(slot)), fanout_.add_subscription(slot)}};
  follow.container = name;
  follow.shape.form = feeds::Form::line;
  if (!since.empty()) follow.start.message = messages::Position::parse(since);
  follow.who = {host_ + "-" + std::to_string(slot), "ann", watches};
  followers_[slot] = follow.follower;
  feeds_->follow(follow);
  return slot;
}

void MessageInstance::leave(std::uint32_t slot) {
  feeds_->unfollow(followers_.at(slot));
  fanout_.close(slot);
}

void MessageInstance::resume(std::uint32_t slot) {
  sockets_.peers[static_cast<int>(slot)].room = SIZE_MAX;
  fanout_.on_writable(slot);
}

std::vector<json::object> MessageInstance::heard(std::uint32_t slot) {
  std::string bytes = std::exchange(sockets_.peers[static_cast<int>(slot)].received, {});
  std::span<char> rest(bytes);
  ws::Decoder decoder;
  std::vector<json::object> all;
  for (;;) {
    const ws::Event event = decoder.next(rest, {.message_bytes_max = 1 << 24, .masked = false});
    if (event.kind != ws::Event::Kind::text) return all;
    all.push_back(json::parse(json::string_view(event.text.data(), event.text.size())).as_object());
  }
}

void MessageInstance::on_subscribed(const hub::FollowerName& name, const feeds::Subscribed& answer) {
  subscribed[name.session.slot] = answer;
}

void MessageInstance::on_refused(const hub::FollowerName& name, const base::Error& error) {
  refused[name.session.slot] = error;
}

void MessageInstance::on_behind(const hub::FollowerName& name, const hub::Joint& joint) {
  near_.loop().post([this, name, joint] { feeds_->on_behind({0, name}, joint.place); });
}

void MessageInstance::on_drained(const hub::FollowerName& name, std::size_t bytes) {
  near_.loop().post([this, name, bytes] { feeds_->on_drained({0, name}, bytes); });
}

}  // namespace sim
