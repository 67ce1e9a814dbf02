#include "api/verdict.hpp"

#include <gtest/gtest.h>

namespace api {
namespace {

TEST(Verdict, EveryCloseCodeOfOursIsCounted) {
  for (auto code = Code::bad_request; code <= Code::internal; code = static_cast<Code>(static_cast<int>(code) + 1)) {
    EXPECT_NE(counted(row(code).close), CountedClose::other) << row(code).name;
  }
  using namespace close_code;
  for (const std::uint16_t code :
       {normal, unsupported_data, no_progress, no_pong, drain, not_accepted, no_credentials}) {
    EXPECT_NE(counted(code), CountedClose::other) << code;
  }
  EXPECT_EQ(counted(4999), CountedClose::other);
}

TEST(Verdict, WhatNobodySaidInTimeIsNotSaidToHaveFailed) {
  EXPECT_EQ(Failure(base::Error{base::Fault::unknown_outcome, ""}).code, Code::unknown_outcome);
}

}  // namespace
}  // namespace api
