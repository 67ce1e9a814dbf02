#include "redis/eviction_watch.hpp"

#include "base/log.hpp"
#include "redis/info.hpp"

namespace redis {
namespace {

using namespace std::chrono_literals;

constexpr net::Duration every = 1min, until_it_answers = 2s;

}  // namespace

std::string eviction_risk(std::string_view info) {
  const std::string_view policy = info_field(info, "maxmemory_policy"), limit = info_field(info, "maxmemory");
  const bool evicts = !policy.empty() && policy != "noeviction" && !limit.empty() && limit != "0";
  return evicts ? std::string(policy) : std::string();
}

EvictionWatch::EvictionWatch(net::Loop& loop, Client& client)
    : loop_(loop), client_(client), next_(loop.after(net::Duration(0), [this] { look(); })) {}

void EvictionWatch::look() {
  static constexpr std::array<std::string_view, 1> info = {"INFO"};
  client_.call(info, [this](base::Result<Reply> reply) {
    if (reply) judge(reply->text);
    if (!reply && reply.error().fault == base::Fault::forbidden) return;  // it was said; nobody can tell us more
    next_ = loop_.after(reply ? every : until_it_answers, [this] { look(); });
  });
}

void EvictionWatch::judge(std::string_view info) {
  const std::string policy = eviction_risk(info);
  std::string now = std::string(info_field(info, "run_id")) + " " + policy;
  if (now == std::exchange(known_, now) || policy.empty()) return;
  ++warnings_;
  base::log::warn(
      "Redis may evict keys of ours, and then containers are read twice: set its maxmemory-policy to noeviction",
      {{"maxmemory_policy", policy}, {"maxmemory", info_field(info, "maxmemory")}});
}

}  // namespace redis
