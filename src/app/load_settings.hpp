// From what an operator said, by flags, environment and file (in this order of precedence), to Settings. All mistakes
// are collected. Reads files: the settings' own, and those that hold secrets (NAME_FILE).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "app/settings.hpp"

namespace app {

using Environment = std::map<std::string, std::string>;

struct Loaded {
  Settings settings;
  std::vector<std::string> mistakes;  // whole sentences; without any, the settings are complete
  std::vector<std::string> warnings;
};

// `flags` and `file` as command_line.hpp and settings_file.hpp make them: by the setting's name in the environment.
struct Sources {
  std::map<std::string, std::string> flags;
  Environment environment;
  std::map<std::string, std::string> file;
};
Loaded load_settings(const Sources& sources);

}  // namespace app
