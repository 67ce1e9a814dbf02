#include "app/limits_text.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

namespace app {
namespace {

TEST(LimitsText, TheDocumentIsTheOneThatTheCodePrints) {
  std::ifstream file(DOCKCAST_SOURCE "/docs/limits.md");
  const std::string document{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(document, limits_text()) << "dockcast --print-limits > docs/limits.md";
}

}  // namespace
}  // namespace app
