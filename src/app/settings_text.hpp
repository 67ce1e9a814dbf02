// The table of settings in words: `--help`, the reference (docs/settings.md), the example file.
#pragma once

#include <string>

namespace app {

std::string help_text();
std::string reference_text();  // Markdown
std::string example_text();    // TOML, everything commented out

}  // namespace app
