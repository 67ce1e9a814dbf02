// LogSource: whose log is read: what every reader of one container's log must know of it. A value.
#pragma once

#include <optional>

#include "docker/container.hpp"
#include "docker/position.hpp"

namespace docker {

struct LogSource {
  Container container;  // as inspect tells it: terminal, driver and its options
  Position log;         // the engine and the container, at the log's beginning
};

}  // namespace docker
