#include "http/entity_tag.hpp"

#include <gtest/gtest.h>

namespace http {
namespace {

bool has(const char* if_none_match) { return none_match_fails({{"If-None-Match", if_none_match}}, "\"a,b\""); }

TEST(EntityTag, MatchesInAListByTheWeakComparison) {
  for (const char* list : {R"("a,b")", R"(W/"a,b")", R"("x", W/"y" ,, "a,b")", R"("","a,b")", R"("x","a,b","z")", " * ",
                           "*", R"("x""a,b")"})
    EXPECT_TRUE(has(list)) << list;
}

TEST(EntityTag, DoesNotMatchWhatIsAnotherOrNone) {
  for (const char* list :
       {"", R"("a")", R"("A,B")", "a,b", R"(w/"a,b")", R"("a,b)", R"(x "a,b")", R"("x", *)", R"("x"; "a,b")"})
    EXPECT_FALSE(has(list)) << list;
  EXPECT_FALSE(none_match_fails({}, "\"a\""));
}

TEST(EntityTag, MatchesOverSeveralLines) {
  EXPECT_TRUE(none_match_fails({{"If-None-Match", "\"x\""}, {"if-none-match", "\"y\""}}, "\"y\""));
}

}  // namespace
}  // namespace http
