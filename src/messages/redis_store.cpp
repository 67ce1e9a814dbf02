#include "messages/redis_store.hpp"

#include <algorithm>

#include "base/planted.hpp"
#include "messages/scripts.hpp"
#include "net/random.hpp"

namespace messages {
namespace {

using base::Error;
using base::Fault;
using base::Result;
using redis::Reply;
using Strings = std::vector<std::string>;

constexpr std::uint64_t offset_max = std::uint64_t{1} << 52;  // the scripts' numbers are exact below 2^53
constexpr int rounds = 3;  // a call finds another data set, opens an epoch, and is made again: twice is bad luck

Error odd() { return Error{Fault::protocol, "Redis answered about an application channel with something else"}; }

std::string age_of(const Limits& limits) { return redis::milliseconds(limits.age); }
std::string channel_age_of(const Limits& limits) { return redis::milliseconds(limits.age + remembered_for); }

std::string bounded_offset(std::uint64_t offset) { return std::to_string(std::min(offset, offset_max)); }

// "<epoch>:<offset> <epoch>:<offset> …"
bool take_past(std::string_view text, std::vector<State::Past>& past) {
  while (!text.empty() && !base::planted::message_no_past) {
    const std::string_view each = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), each.size() + 1));
    const auto end = Position::parse(each);
    if (!end) return false;
    past.push_back({end->epoch, end->offset});
  }
  return true;
}

// read.lua's answer.
Result<Page> page_of(const std::vector<Reply>& items) {
  constexpr std::size_t head = 3, of_message = 3;
  if (items.size() < head || (items.size() - head) % of_message != 0) return odd();
  Page page;
  const auto top = Position::parse(items[0].text);
  const auto before_oldest = Position::parse(print_epoch(0) + ":" + items[2].text);
  if (!top || !before_oldest || !take_past(items[1].text, page.state.past)) return odd();
  page.state.top = *top;
  page.state.oldest = before_oldest->offset;
  for (std::size_t i = head; i < items.size(); i += of_message) {
    Message message;
    const auto position = Position::parse(items[i].text);
    const auto time = time_of(items[i + 1].text);
    if (!position || !time || !take_body(items[i + 2].text, message)) return odd();
    message.position = *position;
    message.time = *time;
    page.items.push_back(std::move(message));
  }
  return page;
}

}  // namespace

RedisStore::RedisStore(net::Loop& loop, redis::Client& client, std::string prefix)
    : loop_(loop), client_(client), prefix_(std::move(prefix)) {}

std::string RedisStore::key(std::string_view kind, const std::string& channel) const {
  return prefix_ + std::string(kind) + ":{" + channel + "}";
}

net::Task<Result<Published>> RedisStore::publish(Publication publication) {
  const auto fit = judge(publication);
  if (!fit) co_return fit.error();
  const std::string& channel = publication.channel;
  Call call{.script = scripts::publish, .channel = channel, .limits = publication.limits, .keys = {}, .arguments = {}};
  const std::string once = key("once", channel) + ":" + std::to_string(publication.from.size()) + ":" +
                           publication.from + ":" + publication.once;
  call.keys = {key("stream", channel), key("meta", channel), once, key("bus", channel)};
  call.arguments = {body_of(publication.message_id, publication.from, publication.data),
                    publication.call,
                    redis::milliseconds(publication.once_for),
                    std::to_string(publication.limits.messages),
                    age_of(publication.limits),
                    channel_age_of(publication.limits)};
  const auto reply = co_await run(std::move(call));
  if (!reply) co_return reply.error();
  if (reply->items.size() != 2) co_return odd();
  const auto position = Position::parse(reply->items[0].text);
  if (!position) co_return odd();
  co_return Published{*position, reply->items[1].integer == 1 && !base::planted::message_not_duplicate};
}

net::Task<Result<Page>> RedisStore::read(std::string channel, Range range, Limits limits) {
  const auto fit = judge(std::string_view(channel));
  if (!fit) co_return fit.error();
  range = bounded(range);
  Call call{.script = scripts::read, .channel = channel, .limits = limits, .keys = {}, .arguments = {}};
  call.keys = {key("stream", channel), key("meta", channel)};
  call.arguments = {range.after ? "after" : "before",
                    bounded_offset(range.after ? *range.after : range.before.value_or(offset_max)),
                    std::to_string(range.messages_max),
                    std::to_string(range.bytes_max),
                    std::to_string(limits.messages),
                    std::to_string(limits.age / std::chrono::microseconds(1)),
                    channel_age_of(limits)};
  const auto reply = co_await run(std::move(call));
  if (!reply) co_return reply.error();
  co_return page_of(reply->items);
}

net::Task<Result<Reply>> RedisStore::run(Call call) {
  for (int round = 0; round < rounds; ++round) {
    Strings parts = call.keys;
    parts.insert(parts.end(), call.arguments.begin(), call.arguments.end());
    auto reply = co_await client_.run(call.script, call.keys.size(), std::move(parts));
    if (!reply || reply->kind != Reply::Kind::nil) co_return reply;
    const auto opened = co_await open(call);
    if (!opened) co_return opened;
  }
  co_return Error{Fault::unavailable, "Redis changes its data set again and again"};
}

net::Task<Result<Reply>> RedisStore::open(const Call& call) {
  Strings parts = {key("stream", call.channel), key("meta", call.channel)};
  parts.push_back(print_epoch(base::planted::message_epoch_again ? 1 : loop_.random().next()));
  parts.push_back(channel_age_of(call.limits));
  parts.push_back(std::to_string(past_max));
  co_return co_await client_.run(scripts::open, 2, std::move(parts));
}

}  // namespace messages
