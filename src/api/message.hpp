// The messages of the protocol, for this room.
#pragma once

#include "base/message.hpp"

namespace api {

using base::Message;

}  // namespace api
