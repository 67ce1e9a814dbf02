#include "lease/redis_lease.hpp"

#include <algorithm>
#include <charconv>

#include "lease/scripts.hpp"
#include "lease/value.hpp"

namespace lease {
namespace {

using base::Error;
using base::Fault;
using base::Result;
using redis::Reply;
using Strings = std::vector<std::string>;

// It ends the holder in the value.
std::string without_bar(std::string holder) {
  std::replace(holder.begin(), holder.end(), '|', '_');
  return holder;
}

// The scripts' numbers are exact below 2^53. A greater fence comes from nobody who took a lease.
bool believable(Fence fence) { return std::max(fence.epoch, fence.counter) < std::uint64_t{1} << 52; }

Error odd() { return Error{Fault::protocol, "Redis answered a lease script with something else"}; }

bool parse(const Reply& from, std::uint64_t& number) {
  const char* end = from.text.data() + from.text.size();
  return std::from_chars(from.text.data(), end, number).ptr == end && !from.text.empty();
}

Result<Answer> answer(Reply reply) {
  if (reply.items.size() != 3) return odd();
  Answer answer{.granted = std::nullopt, .value = std::move(reply.items[2].text)};
  if (reply.items[0].kind == Reply::Kind::nil) return answer;
  Fence fence;
  if (!parse(reply.items[0], fence.epoch) || !parse(reply.items[1], fence.counter)) return odd();
  answer.granted = fence;
  return answer;
}

}  // namespace

RedisLease::RedisLease(net::Loop& loop, redis::Client& client, std::string holder, std::string prefix)
    : loop_(loop), client_(client), holder_(without_bar(std::move(holder))), prefix_(std::move(prefix)) {}

net::Task<Result<Answer>> RedisLease::acquire(std::string name, net::Duration ttl, Fence above) {
  return seize(std::move(name), ttl, above, {});
}

net::Task<Result<Answer>> RedisLease::seize(std::string name, net::Duration ttl, Fence above, std::string seen) {
  if (!believable(above)) above = {};
  Strings parts = {key(name), fence_key(name), holder_, redis::milliseconds(ttl)};
  parts.push_back(std::to_string(epoch_of(loop_.wall_now())));
  parts.push_back(std::to_string(above.epoch));
  parts.push_back(std::to_string(above.counter));
  parts.push_back(std::move(seen));
  auto reply = co_await client_.run(scripts::take, 2, std::move(parts));
  if (!reply) co_return reply.error();
  co_return answer(std::move(*reply));
}

net::Task<Result<bool>> RedisLease::renew(std::string name, net::Duration ttl, Fence fence) {
  Strings parts = {key(name), owned_by(holder_, fence), redis::milliseconds(ttl)};
  const auto reply = co_await client_.run(scripts::renew, 1, std::move(parts));
  if (!reply) co_return reply.error();
  co_return reply->integer == 1;
}

net::Task<Result<void>> RedisLease::release(std::string name, Fence fence) {
  Strings parts = {key(name), owned_by(holder_, fence)};
  const auto reply = co_await client_.run(scripts::release, 1, std::move(parts));
  if (!reply) co_return reply.error();
  co_return Result<void>();
}

}  // namespace lease
