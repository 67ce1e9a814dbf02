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
  EXPECT_EQ(refusal.error.message, std::string("Redis: ") + GetParam().text);
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
                      Case{"NOSCRIPT No matching script.", Fault::not_found, false},
                      Case{"MISCONF Redis is configured to save RDB snapshots", Fault::unavailable, false},
                      Case{"OOM command not allowed when used memory > 'maxmemory'.", Fault::unavailable, false},
                      Case{"BUSY Redis is busy running a script.", Fault::unavailable, false},
                      Case{"ERR Error running script (call to f_1): @user_script:1: -READONLY You can't write",
                           Fault::unavailable, true},
                      Case{"ERR unknown command", Fault::internal, false},
                      Case{"LOADINGS is another word", Fault::internal, false}, Case{"", Fault::internal, false}));

}  // namespace
}  // namespace redis
