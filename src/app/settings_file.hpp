// The settings file: TOML, flat: `lease_ttl = "10s"`. Reads it, understands nothing of the values.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace app {

struct SettingsFile {
  std::map<std::string, std::string> said;  // by the setting's name in the environment
  std::vector<std::string> mistakes;
};

SettingsFile read_settings_file(const std::string& path);
// The same of its text; `path` stands before each mistake.
SettingsFile parse_settings_file(const std::string& text, const std::string& path);

}  // namespace app
