#include "redis/refusal.hpp"

#include <array>
#include <string>

namespace redis {
namespace {

using base::Fault;

struct Row {
  std::string_view code;  // the first word of the reply
  Fault fault;
  bool redial;
};

// https://redis.io/docs/latest/develop/reference/protocol-spec/ (errors), and the codes in Redis' own server.c.
constexpr std::array rows = {
    Row{"LOADING", Fault::unavailable, true},      // reads its data set after a start
    Row{"READONLY", Fault::unavailable, true},     // a replica: after a failover the name leads elsewhere
    Row{"MASTERDOWN", Fault::unavailable, true},   // a replica that lost its master
    Row{"MOVED", Fault::unavailable, true},        // a cluster's node that does not own our keys
    Row{"ASK", Fault::unavailable, true},          //
    Row{"CLUSTERDOWN", Fault::unavailable, true},  //
    Row{"NOAUTH", Fault::unauthorized, true},      // a password was set
    Row{"WRONGPASS", Fault::unauthorized, true},   //
    Row{"NOPERM", Fault::forbidden, false},        // this command or key only
    Row{"NOSCRIPT", Fault::not_found, false},      // Client::run sends the text then
    Row{"MISCONF", Fault::unavailable, false},     // its disk is full: writes are refused, the rest works
    Row{"OOM", Fault::unavailable, false},         // maxmemory: the same
    Row{"NOREPLICAS", Fault::unavailable, false},  //
    Row{"BUSY", Fault::unavailable, false},        // somebody's script runs for ever
    Row{"TRYAGAIN", Fault::unavailable, false},    //
};

}  // namespace

Refusal judge(std::string_view text) {
  Refusal refusal{{Fault::internal, "Redis: " + std::string(text)}};
  const std::string_view code = text.substr(0, text.find(' '));
  // Before Redis 7 an error inside a script is quoted: "ERR Error running script (…): @user_script:1: -OOM …".
  const bool quoted = text.starts_with("ERR Error running script");
  for (const Row& row : rows) {
    const bool inside = quoted && text.find("-" + std::string(row.code) + " ") != text.npos;
    if (row.code != code && !inside) continue;
    refusal.error.fault = row.fault;
    refusal.redial = row.redial;
  }
  return refusal;
}

}  // namespace redis
