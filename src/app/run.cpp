#include "app/run.hpp"

#include <cstdio>
#include <utility>

#include "app/command_line.hpp"
#include "app/limits_text.hpp"
#include "app/log_sink.hpp"
#include "app/process.hpp"
#include "app/settings_file.hpp"
#include "app/settings_text.hpp"
#include "app/version.hpp"

namespace app {
namespace {

using Action = CommandLine::Action;

void print(std::string_view text, std::FILE* to = stdout) { std::fwrite(text.data(), 1, text.size(), to); }

void print_each(std::string_view before, const std::vector<std::string>& lines) {
  for (const std::string& line : lines) print("dockcast: " + std::string(before) + line + "\n", stderr);
}

Loaded load(CommandLine line, Environment environment) {
  if (line.config.empty()) line.config = environment["DOCKCAST_CONFIG"];
  SettingsFile file;
  if (!line.config.empty()) file = read_settings_file(line.config);
  Loaded loaded = load_settings({std::move(line.flags), std::move(environment), std::move(file.said)});
  for (const auto& earlier : {file.mistakes, line.mistakes})
    loaded.mistakes.insert(loaded.mistakes.begin(), earlier.begin(), earlier.end());
  return loaded;
}

int check(const Loaded& loaded) {
  print_each("warning: ", loaded.warnings);
  print_each("", loaded.mistakes);
  if (!loaded.mistakes.empty()) return 2;
  print("The settings are fine.\n");
  return 0;
}

int serve_if_fine(Loaded loaded) {
  if (!loaded.mistakes.empty()) return check(loaded);
  open_log(loaded.settings.log_level, loaded.settings.log_format);
  return serve(std::move(loaded.settings), loaded.warnings);
}

}  // namespace

int run(const std::vector<std::string>& arguments, Environment environment) {
  CommandLine line = parse_command_line(arguments);
  switch (line.action) {
    case Action::help:
      print(help_text());
      return 0;
    case Action::version:
      print("dockcast " + std::string(version) + "\n");
      return 0;
    case Action::print_reference:
      print(reference_text());
      return 0;
    case Action::print_example:
      print(example_text());
      return 0;
    case Action::print_limits:
      print(limits_text());
      return 0;
    case Action::check_config:
      return check(load(std::move(line), std::move(environment)));
    case Action::serve:
      break;
  }
  return serve_if_fine(load(std::move(line), std::move(environment)));
}

}  // namespace app
