// A settings file, whatever is in it: every line is a setting's text or a mistake, and so is every text for every
// setting. Files that settings name are not opened.
#include "app/setting.hpp"
#include "app/settings_file.hpp"
#include "base/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  const app::SettingsFile file = app::parse_settings_file(text, "dockcast.toml");
  for (const std::string& mistake : file.mistakes) CHECK(mistake.starts_with("dockcast.toml:"));
  app::Settings settings;
  for (const auto& [name, value] : file.said) {
    const app::Setting* row = app::find_setting(name);
    CHECK(row != nullptr || name.ends_with("_FILE"));
    if (row != nullptr) row->meaning.take(settings, value);
  }
  if (size > 100) return 0;
  for (const app::Setting& row : app::settings_table()) {
    app::Settings taken, again;
    if (row.meaning.take(taken, text)) CHECK(row.meaning.take(again, text));
  }
  return 0;
}
