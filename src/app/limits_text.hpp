// What bounds a client, in one table: docs/limits.md. Its rows name a limit as it is counted, the setting that moves
// it, what happens at it, and the test that runs into it.
#pragma once

#include <string>

namespace app {

std::string limits_text();  // Markdown

}  // namespace app
