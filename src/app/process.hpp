// Process: an Instance on the real net: its threads, its signals, its end.
#pragma once

#include "app/settings.hpp"

namespace app {

// Serves until SIGTERM or SIGINT, then drains; a second one ends it at once. Returns the exit code.
int serve(Settings settings);

}  // namespace app
