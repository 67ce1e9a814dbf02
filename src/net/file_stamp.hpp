// What changes when a file does: its inode, size and time, as text; "-" where there is none.
#pragma once

#include <string>

namespace net {

std::string file_stamp(const std::string& path);

}  // namespace net
