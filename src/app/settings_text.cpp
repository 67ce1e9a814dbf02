#include "app/settings_text.hpp"

#include <string_view>

#include "app/setting.hpp"

namespace app {
namespace {

constexpr std::string_view usage =
    "dockcast: the containers of a Docker host as a live WebSocket API\n\n"
    "  dockcast [flags]          serve until SIGTERM or SIGINT\n"
    "  dockcast --check-config   only look for mistakes in the settings; 2 if there are any\n"
    "  dockcast --version\n\n"
    "Settings come from flags, the environment and a TOML file (--config FILE or DOCKCAST_CONFIG), in this order of\n"
    "precedence. The flag of DOCKCAST_X_Y is --x-y, its key in the file x_y.\n";

constexpr std::string_view reference_head =
    "# Settings\n\n"
    "<!-- Made by `dockcast --print-reference` from src/app/settings_table.cpp; a test compares. -->\n\n"
    "Settings come from flags, the environment and a TOML file (`--config FILE` or `DOCKCAST_CONFIG`), in this order "
    "of\n"
    "precedence; what is set to nothing counts as not set. `dockcast --check-config` prints every mistake and exits\n"
    "with 2. Durations are written `500ms`, `10s`, `1m30s`; sizes `65536`, `64KiB`, `4MiB`; lists with commas, in the "
    "file\n"
    "as `[\"a\", \"b\"]`. A secret can also be the content of a file, named by its name and `_FILE`. There is an\n"
    "[example file](dockcast.example.toml).\n";

// Folds at blanks, every line indented.
std::string folded(std::string_view text, std::size_t indent, std::size_t columns) {
  std::string out;
  const std::size_t width = columns - indent;
  while (!text.empty()) {
    std::size_t end = text.size();
    if (end > width) {
      end = text.rfind(' ', width);
      if (end == text.npos) end = std::min(text.find(' '), text.size());
    }
    out += std::string(indent, ' ') + std::string(text.substr(0, end)) + "\n";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string details(const Setting& row) {
  std::string text(row.help);
  if (row.meaning.kind != Meaning::Kind::boolean) {
    text += " Allowed: " + row.meaning.allowed;
    text += text.ends_with('.') ? "" : ".";
  }
  return text;
}

std::string toml_value(const Setting& row) {
  const std::string value(row.fallback);
  switch (row.meaning.kind) {
    case Meaning::Kind::number:
    case Meaning::Kind::boolean:
      return value;
    case Meaning::Kind::list:
      return "[]";
    case Meaning::Kind::text:
      break;
  }
  return "\"" + value + "\"";
}

// Calls head(group) before the first row of each group, then row(setting) for each.
template <class Head, class Row>
void for_each_row(Head head, Row row) {
  std::string_view group;
  for (const Setting& setting : settings_table()) {
    if (group != setting.group) head(group = setting.group);
    row(setting);
  }
}

}  // namespace

std::string help_text() {
  std::string text(usage);
  for_each_row([&](std::string_view group) { text += "\n" + std::string(group) + "\n"; },
               [&](const Setting& row) {
                 std::string head(row.name);
                 if (!row.fallback.empty()) head += " (" + std::string(row.fallback) + ")";
                 text += "  " + head + "\n" + folded(details(row), 6, 110);
               });
  return text;
}

std::string reference_text() {
  std::string text(reference_head);
  for_each_row(
      [&](std::string_view group) {
        text += "\n## " + std::string(group) + "\n\n| environment | flag | file | default | |\n|---|---|---|---|---|\n";
      },
      [&](const Setting& row) {
        const auto code = [](std::string_view word) { return word.empty() ? "–" : "`" + std::string(word) + "`"; };
        std::string help = details(row);
        if (!row.shown()) help += " Secret: also as " + code(std::string(row.name) + "_FILE") + ".";
        text += "| " + code(row.name) + " | " + code(row.flag()) + " | " + code(row.key()) + " | " +
                code(row.fallback) + " | " + help + " |\n";
      });
  return text;
}

std::string example_text() {
  std::string text = "# dockcast.toml: every setting with its default. Use it with dockcast --config dockcast.toml\n\n";
  for_each_row([&](std::string_view group) { text += "## " + std::string(group) + "\n\n"; },
               [&](const Setting& row) {
                 const std::string comment = folded(details(row), 2, 118);
                 for (std::size_t at = 0; at < comment.size(); at = comment.find('\n', at) + 1) {
                   const std::string_view line(comment);
                   text += "#" + std::string(line.substr(at + 1, line.find('\n', at) - at));
                 }
                 text += "# " + row.key() + " = " + toml_value(row) + "\n\n";
               });
  text.pop_back();
  return text;
}

}  // namespace app
