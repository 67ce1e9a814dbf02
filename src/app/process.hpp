// Process: an Instance on the real net: its threads, its signals, its end.
#pragma once

#include <string>
#include <vector>

#include "app/settings.hpp"

namespace app {

// Serves until SIGTERM or SIGINT, then drains; a second one hurries, a third ends it at once. SIGHUP reads the
// certificate again, where there is one, else it ends it too. Returns the exit code. The warnings are logged behind the
// line that says which Engine it is.
int serve(Settings settings, const std::vector<std::string>& warnings);

}  // namespace app
