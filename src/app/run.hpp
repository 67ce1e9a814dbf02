// What `dockcast` does with its arguments: serve, or one of the short commands. Returns the exit code: 0, 1 where the
// world failed, 2 where the operator was mistaken.
#pragma once

#include <string>
#include <vector>

#include "app/load_settings.hpp"

namespace app {

int run(const std::vector<std::string>& arguments, Environment environment);

}  // namespace app
