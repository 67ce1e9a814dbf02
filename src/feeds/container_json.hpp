// A container as clients see it: C of protocol.md. Pure.
#pragma once

#include <string_view>

#include "base/message.hpp"
#include "docker/container.hpp"

namespace feeds {

base::Message container_message(const docker::Container& container, std::string_view engine);

}  // namespace feeds
