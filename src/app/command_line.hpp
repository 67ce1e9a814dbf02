// The command line: what dockcast is asked to do, and the settings that its flags say. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace app {

struct CommandLine {
  enum class Action : std::uint8_t { serve, check_config, help, version, print_reference, print_example, print_limits };
  Action action = Action::serve;
  std::string config;                        // --config; empty: not said
  std::map<std::string, std::string> flags;  // by the setting's name in the environment
  std::vector<std::string> mistakes;
};

CommandLine parse_command_line(const std::vector<std::string>& arguments);

}  // namespace app
