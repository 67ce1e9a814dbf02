#include "app/settings_file.hpp"

#include <toml++/toml.h>

#include <fstream>
#include <iterator>
#include <optional>

#include "app/setting.hpp"
#include "base/log.hpp"

namespace app {
namespace {

// As the environment would have it.
std::optional<std::string> text_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
  const auto* items = node.as_array();
  if (items == nullptr) return std::nullopt;
  std::string list;
  for (const toml::node& item : *items) {
    const auto* text = item.as_string();
    if (text == nullptr) return std::nullopt;
    if (!list.empty()) list += ',';
    list += text->get();
  }
  return list;
}

std::map<std::string, std::string> names_by_key() {
  std::map<std::string, std::string> names;
  for (const Setting& row : settings_table()) {
    names[row.key()] = row.name;
    if (!row.shown()) names[row.key() + "_file"] = std::string(row.name) + "_FILE";
  }
  return names;
}

std::string place(const std::string& path, const toml::source_region& source) {
  return path + ":" + std::to_string(source.begin.line) + ": ";
}

}  // namespace

SettingsFile read_settings_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) return {{}, {"The settings file " + base::log::escaped(path) + " cannot be read."}};
  return parse_settings_file(text, path);
}

SettingsFile parse_settings_file(const std::string& text, const std::string& path) {
  SettingsFile read;
  try {
    const toml::table table = toml::parse(text, path);
    const auto names = names_by_key();
    for (const auto& [key, node] : table) {
      const auto name = names.find(std::string(key.str()));
      const auto value = text_of(node);
      const std::string shown = base::log::escaped(key.str());
      if (name == names.end()) {
        read.mistakes.push_back(place(path, node.source()) + "there is no setting " + shown + ".");
      } else if (!value) {
        read.mistakes.push_back(place(path, node.source()) + shown +
                                " is neither text, number, truth nor a list of texts.");
      } else {
        read.said[name->second] = *value;
      }
    }
  } catch (const toml::parse_error& error) {
    read.mistakes.push_back(place(path, error.source()) + std::string(error.description()));
  }
  return read;
}

}  // namespace app
