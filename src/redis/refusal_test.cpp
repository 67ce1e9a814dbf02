#include "redis/refusal.hpp"

#include <gtest/gtest.h>

namespace redis {
namespace {

using base::Fault;

struct Case {
  const char* text;
  Fault fault;
  bool redial;
};

class RefusalTable : public ::testing::TestWithParam<Case> {};

TEST_P(RefusalTable, EachReplyHasOneReaction) {
  const Refusal refusal = judge(GetParam().text);
  EXPECT_EQ(refusal.error.fault, GetParam().fault);
  EXPECT_EQ(refusal.redial, GetParam().redial);
  EXPECT_TRUE(refusal.error.message.starts_with(std::string("Redis: ") + GetParam().text)) << refusal.error.message;
}

TEST(Refusal, TheOperatorIsToldWhatToDo) {
  EXPECT_EQ(judge("OOM command not allowed").error.message,
            "Redis: OOM command not allowed: it is full: raise its maxmemory");
}

INSTANTIATE_TEST_SUITE_P(
    , RefusalTable,
    ::testing::Values(Case{"LOADING Redis is loading the dataset in memory", Fault::unavailable, true},
                      Case{"READONLY You can't write against a read only replica.", Fault::unavailable, true},
                      Case{"MASTERDOWN Link with MASTER is down", Fault::unavailable, true},
                      Case{"MOVED 3999 127.0.0.1:6381", Fault::unavailable, true},
                      Case{"CLUSTERDOWN The cluster is down", Fault::unavailable, true},
                      Case{"NOAUTH Authentication required.", Fault::unauthorized, true},
                      Case{"WRONGPASS invalid username-password pair", Fault::unauthorized, true},
                      Case{"NOPERM this user has no permissions", Fault::forbidden, false},
                      Case{"ERR The user executing the script can't run this command or subcommand script: c1, on @…",
                           Fault::forbidden, false},
                      Case{"ERR ACL failure in script: User we has no permissions to run the 'info' command",
                           Fault::forbidden, false},
                      Case{"NOSCRIPT No matching script.", Fault::not_found, false},
                      Case{"MISCONF Redis is configured to save RDB snapshots", Fault::unavailable, false},
                      Case{"OOM command not allowed when used memory > 'maxmemory'.", Fault::unavailable, false},
                      Case{"BUSY Redis is busy running a script.", Fault::unavailable, false},
                      Case{"ERR Error running script (call to f_1): @user_script:1: -READONLY You can't write",
                           Fault::unavailable, true},
                      Case{"ERR unknown command 'RENAMED'", Fault::forbidden, false},
                      Case{"ASK 3999 127.0.0.1:6381", Fault::unavailable, true},
                      Case{"CROSSSLOT Keys in request don't hash to the same slot", Fault::unavailable, true},
                      Case{"TRYAGAIN Multiple keys request during rehashing of slot", Fault::unavailable, false},
                      Case{"ERR AUTH <password> called without any password configured for the default user.",
                           Fault::unauthorized, true},
                      Case{"DENIED Redis is running in protected mode", Fault::forbidden, true},
                      Case{"ERR max number of clients reached", Fault::unavailable, true},
                      Case{"ERR DB index is out of range", Fault::forbidden, true},
                      Case{"NOREPLICAS Not enough good replicas to write.", Fault::unavailable, false},
                      Case{"ERR syntax error", Fault::internal, false},
                      Case{"LOADINGS is another word", Fault::internal, false}, Case{"", Fault::internal, false}));

}  // namespace
}  // namespace redis
