// The cluster as clients see it: its instances, sessions and channels (protocol.md, "HTTP"). Pure.
#pragma once

#include <string>

#include "roster/view.hpp"

namespace api {

std::string instances_json(const roster::View& view);
std::string sessions_json(const roster::View& view);
std::string channels_json(const roster::View& view);

}  // namespace api
