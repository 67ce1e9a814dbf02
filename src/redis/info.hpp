// What Redis says of itself in answer to INFO. Pure.
#pragma once

#include <string_view>

namespace redis {

// The value of one field; empty where there is none.
std::string_view info_field(std::string_view info, std::string_view name);

}  // namespace redis
