#include "messages/memory_store.hpp"

#include <algorithm>

#include "net/random.hpp"

namespace messages {
namespace {

using base::Result;

// No two publications have the same one: a subject may hold anything.
std::string key_of(const Publication& publication) {
  std::string key;
  for (const std::string* text : {&publication.channel, &publication.from})
    key.append(std::to_string(text->size())).append(":").append(*text);
  return key + publication.once;
}

}  // namespace

MemoryStore::MemoryStore(net::Loop& loop, bus::Bus& bus, Bounds bounds)
    : loop_(loop), bus_(bus), bounds_(bounds), epoch_(loop.random().next()) {}

net::Task<Result<Published>> MemoryStore::publish(Publication publication) {
  const auto fit = judge(publication);
  if (!fit) co_return fit.error();
  tidy();
  std::string key = key_of(publication);
  if (const auto known = answers_.find(key); known != answers_.end()) {
    const Answer& answer = known->second;
    co_return Published{answer.position, answer.call.empty() || answer.call != publication.call};
  }
  Channel& channel = make(publication.channel, publication.limits);
  ++channel.top.offset;
  const net::WallTime now =
      std::chrono::time_point_cast<std::chrono::microseconds>(loop_.wall_now());  // as it is printed
  Message message{channel.top, now, std::move(publication.message_id), std::move(publication.from),
                  std::move(publication.data)};
  bus_.publish(channel.name, encode(message), {});
  const std::size_t body_bytes = body_of(message.message_id, message.from, message.data).size();
  channel.kept.push_back({std::move(message), body_bytes, loop_.now()});
  count(channel, channel.bytes + channel.kept.back().bytes());
  while (channel.kept.size() > publication.limits.messages) drop_oldest(channel);
  const Position position = channel.top;
  remember(std::move(key), {position, std::move(publication.call), loop_.now() + publication.once_for});
  while (bytes_ > bounds_.bytes_max) drop_oldest(*by_name_.at(by_bytes_.rbegin()->second));
  co_return Published{position, false};
}

net::Task<Result<Page>> MemoryStore::read(std::string name, Range range, Limits limits) {
  const auto fit = judge(std::string_view(name));
  if (!fit) co_return fit.error();
  tidy();
  range = bounded(range);
  const Channel* channel = find(name, limits);
  if (channel == nullptr) co_return Page{.state = {.top = {epoch_, 0}, .oldest = 1, .past = {}}, .items = {}};

  const auto& kept = channel->kept;
  const net::Instant now = loop_.now();
  auto begin =
      std::partition_point(kept.begin(), kept.end(), [&](const Kept& each) { return now - each.since > limits.age; });
  if (const auto shown = static_cast<std::uint64_t>(kept.end() - begin); shown > limits.messages)
    begin += static_cast<std::ptrdiff_t>(shown - limits.messages);
  Page page{.state = {.top = channel->top, .oldest = channel->top.offset + 1, .past = {}}, .items = {}};
  page.state.oldest -= static_cast<std::uint64_t>(kept.end() - begin);

  const auto behind = [&page, begin, end = kept.end()](std::uint64_t offset) {  // the first with a greater one
    if (offset < page.state.oldest) return begin;
    return offset >= page.state.top.offset ? end : begin + static_cast<std::ptrdiff_t>(offset + 1 - page.state.oldest);
  };
  std::size_t bytes = 0;
  const auto full = [&] { return page.items.size() >= range.messages_max || bytes >= range.bytes_max; };
  if (range.after) {
    for (auto each = behind(*range.after); each != kept.end() && !full(); bytes += each++->body_bytes)
      page.items.push_back(each->message);
    co_return page;
  }
  const std::uint64_t before = range.before.value_or(channel->top.offset + 1);
  for (auto each = before == 0 ? begin : behind(before - 1); each != begin && !full();) {
    --each;
    page.items.push_back(each->message);
    bytes += each->body_bytes;
  }
  std::reverse(page.items.begin(), page.items.end());
  co_return page;
}

MemoryStore::Channel* MemoryStore::find(const std::string& name, const Limits& limits) {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return nullptr;
  touch(found->second, limits);
  return &*found->second;
}

MemoryStore::Channel& MemoryStore::make(const std::string& name, const Limits& limits) {
  if (Channel* there = find(name, limits)) return *there;
  const auto made = channels_.insert(channels_.end(), Channel{.name = name, .top = {epoch_, 0}});
  by_name_.emplace(name, made);
  by_bytes_.emplace(0, name);
  touch(made, limits);
  if (channels_.size() > bounds_.channels_max) forget_oldest();
  return *made;
}

void MemoryStore::touch(Channels::iterator channel, const Limits& limits) {
  channel->until = loop_.now() + limits.age + remembered_for;
  channels_.splice(channels_.end(), channels_, channel);
}

// Where channels are kept for different times, one may wait for another that was used before it.
void MemoryStore::tidy() {
  while (!channels_.empty() && channels_.front().until <= loop_.now()) forget_oldest();
  while (!ends_.empty() && (ends_.begin()->first <= loop_.now() || ends_.size() > bounds_.answers_max)) {
    answers_.erase(ends_.begin()->second);
    ends_.erase(ends_.begin());
  }
}

void MemoryStore::forget_oldest() {
  Channel& channel = channels_.front();
  count(channel, 0);
  by_bytes_.erase({0, channel.name});
  by_name_.erase(channel.name);
  channels_.pop_front();
  epoch_ = loop_.random().next();
}

void MemoryStore::drop_oldest(Channel& channel) {
  count(channel, channel.bytes - channel.kept.front().bytes());
  channel.kept.pop_front();
}

void MemoryStore::count(Channel& channel, std::size_t bytes) {
  by_bytes_.erase({channel.bytes, channel.name});
  bytes_ += bytes - channel.bytes;
  channel.bytes = bytes;
  by_bytes_.emplace(bytes, channel.name);
}

void MemoryStore::remember(std::string key, Answer answer) {
  ends_.emplace(answer.until, key);
  answers_.insert_or_assign(std::move(key), std::move(answer));
}

}  // namespace messages
