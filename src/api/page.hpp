// The page at `/`: one HTML file, page.html beside this one, compiled in. Its script and style are allowed by their
// hashes alone, so that nothing a container prints could ever run in it.
#pragma once

#include "http/response.hpp"

namespace api {

const http::Response& page();

}  // namespace api
