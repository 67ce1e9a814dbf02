#include "net/file_stamp.hpp"

#include <sys/stat.h>

namespace net {

std::string file_stamp(const std::string& path) {
  struct stat about {};
  if (path.empty() || ::stat(path.c_str(), &about) != 0) return "-";
  std::string text;
  for (const long part : {static_cast<long>(about.st_ino), static_cast<long>(about.st_size),
                          static_cast<long>(about.st_mtim.tv_sec), static_cast<long>(about.st_mtim.tv_nsec)})
    text += std::to_string(part) + ".";
  return text;
}

}  // namespace net
