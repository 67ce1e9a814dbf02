// The version of this build.
#pragma once

#include <string_view>

namespace app {

extern const std::string_view version;

}  // namespace app
