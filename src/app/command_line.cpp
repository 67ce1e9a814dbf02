#include "app/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "app/setting.hpp"

namespace app {
namespace {

using Action = CommandLine::Action;

constexpr std::pair<const char*, Action> actions[] = {{"--help,-h", Action::help},
                                                      {"--version", Action::version},
                                                      {"--check-config", Action::check_config},
                                                      {"--print-reference", Action::print_reference},
                                                      {"--print-example", Action::print_example},
                                                      {"--print-limits", Action::print_limits}};

void add_settings(CLI::App& parser, std::map<std::string, std::string>& flags) {
  for (const Setting& row : settings_table()) {
    const std::string name(row.name);
    if (const std::string flag = row.flag(); row.meaning.kind == Meaning::Kind::boolean) {
      parser.add_flag(flag, flags[name]);
    } else if (!flag.empty()) {
      parser.add_option(flag, flags[name]);
    }
    if (row.shown()) continue;
    Setting plain = row;
    plain.secret = Setting::Secret::no;
    parser.add_option(plain.flag() + "-file", flags[name + "_FILE"]);
  }
}

}  // namespace

CommandLine parse_command_line(const std::vector<std::string>& arguments) {
  CommandLine line;
  CLI::App parser;
  parser.set_help_flag();
  parser.allow_extras();
  parser.add_option("--config", line.config);
  for (const auto& [names, action] : actions)
    parser.add_flag_callback(names, [&line, wanted = action] { line.action = wanted; });
  add_settings(parser, line.flags);
  try {
    parser.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));  // CLI11 takes them from the back
  } catch (const CLI::ParseError& error) {
    line.mistakes.push_back(std::string(error.what()) + ".");
  }
  for (const std::string& extra : parser.remaining())
    line.mistakes.push_back("There is no " + extra + "; --help shows what there is.");
  return line;
}

}  // namespace app
