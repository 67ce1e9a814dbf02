#include "app/settings_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "app/load_settings.hpp"
#include "app/setting.hpp"
#include "app/settings_file.hpp"

namespace app {
namespace {

using testing::HasSubstr;

TEST(SettingsText, HelpAndReferenceNameEverySetting) {
  for (const Setting& row : settings_table()) {
    EXPECT_THAT(help_text(), HasSubstr(std::string(row.name)));
    EXPECT_THAT(reference_text(), HasSubstr("| `" + std::string(row.name) + "` |"));
    EXPECT_THAT(example_text(), HasSubstr("# " + row.key() + " = "));
  }
}

TEST(SettingsText, TheExampleWithItsCommentsOpenedSaysTheDefaults) {
  std::istringstream lines(example_text());
  const std::string path = testing::TempDir() + "settings_text.toml";
  {
    std::ofstream file(path);
    for (std::string line; std::getline(lines, line);)
      if (line.find(" = ") != line.npos && line.starts_with("# ")) file << line.substr(2) << "\n";
  }
  const SettingsFile read = read_settings_file(path);
  std::filesystem::remove(path);
  Sources sources;
  sources.file = read.said;
  EXPECT_THAT(read.mistakes, testing::IsEmpty());
  EXPECT_THAT(load_settings(sources).mistakes, testing::IsEmpty());
  EXPECT_EQ(load_settings(sources).settings.port, 8000);
}

}  // namespace
}  // namespace app
