#include "app/version.hpp"

namespace app {

const std::string_view version = DOCKCAST_VERSION;  // of the project, by room.cmake

}  // namespace app
