#include "redis/refusal.hpp"

#include <array>
#include <string>

namespace redis {
namespace {

using base::Fault;

struct Row {
  std::string_view code;  // what the reply begins with
  Fault fault;
  bool redial;
  std::string_view advice;  // for the operator
};

constexpr std::string_view another_master = "if REDIS_URL cannot lead to the master by itself, name its sentinels";
constexpr std::string_view credentials = "set the user and password of REDIS_URL right";
constexpr std::string_view for_scripts = "let REDIS_URL's user do what our scripts do, +info too: see docs/redis.md";
constexpr std::string_view no_cluster = "a Redis Cluster is not supported yet; REDIS_URL must lead to a single master";

// https://redis.io/docs/latest/develop/reference/protocol-spec/ (errors), and the codes in Redis' own server.c.
constexpr std::array rows = {
    Row{"LOADING", Fault::unavailable, true, "it reads its data set; it is tried again"},
    Row{"READONLY", Fault::unavailable, true, another_master},  // a replica: after a failover the name leads elsewhere
    Row{"MASTERDOWN", Fault::unavailable, true, another_master},  // a replica that lost its master
    Row{"MOVED", Fault::unavailable, true, no_cluster},           // a cluster's node that does not own our keys
    Row{"ASK", Fault::unavailable, true, no_cluster},
    Row{"CLUSTERDOWN", Fault::unavailable, true, no_cluster},
    Row{"CROSSSLOT", Fault::unavailable, true, no_cluster},
    Row{"TRYAGAIN", Fault::unavailable, false, no_cluster},
    Row{"NOAUTH", Fault::unauthorized, true, credentials},  // a password was set
    Row{"WRONGPASS", Fault::unauthorized, true, credentials},
    Row{"ERR AUTH", Fault::unauthorized, true, "it has no password; leave it out of REDIS_URL"},
    Row{"DENIED", Fault::forbidden, true, "it serves its own machine only; give it a password"},  // protected mode
    Row{"NOPERM", Fault::forbidden, false, "let REDIS_URL's user do this: see docs/redis.md"},    // this command only
    // Of a command inside a script, before Redis 7.2 and since.
    Row{"ERR The user executing the script can't run", Fault::forbidden, false, for_scripts},
    Row{"ERR ACL failure in script:", Fault::forbidden, false, for_scripts},
    Row{"ERR max number of clients", Fault::unavailable, true, "raise its maxclients"},
    Row{"ERR DB index", Fault::forbidden, true, "it has fewer databases than REDIS_URL names"},
    Row{"ERR unknown command", Fault::forbidden, false, "Redis 7 or newer, or Valkey, with its commands' own names"},
    Row{"NOSCRIPT", Fault::not_found, false, {}},  // Client::run sends the text then
    Row{"MISCONF", Fault::unavailable, false, "it cannot write its disk and refuses to change anything: see its log"},
    Row{"OOM", Fault::unavailable, false, "it is full: raise its maxmemory"},
    Row{"NOREPLICAS", Fault::unavailable, false, "it has fewer replicas than min-replicas-to-write"},
    Row{"BUSY", Fault::unavailable, false, "somebody's script does not end: SCRIPT KILL"},
};

}  // namespace

Refusal judge(std::string_view text) {
  Refusal refusal{{Fault::internal, "Redis: " + std::string(text)}};
  // Before Redis 7 an error inside a script is quoted: "ERR Error running script (…): @user_script:1: -OOM …".
  const bool quoted = text.starts_with("ERR Error running script");
  for (const Row& row : rows) {
    const bool begins = text.starts_with(row.code) && (text.size() == row.code.size() || text[row.code.size()] == ' ');
    const bool inside = quoted && text.find("-" + std::string(row.code) + " ") != text.npos;
    if (!begins && !inside) continue;
    refusal.error.fault = row.fault;
    refusal.redial = row.redial;
    if (!row.advice.empty()) refusal.error.message.append(": ").append(row.advice);
    break;
  }
  return refusal;
}

}  // namespace redis
