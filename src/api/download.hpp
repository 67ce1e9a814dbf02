// Downloads: what a request for a container's log may ask, and the head of the answer. Pure.
#pragma once

#include "api/log_options.hpp"
#include "feeds/log_download.hpp"
#include "http/request.hpp"
#include "http/response.hpp"

namespace api {

// tail, since, until, stdout, stderr, timestamps; the form by Accept. Fault::bad_request names what is wrong.
base::Result<feeds::Download> parse_download(const http::Request& request, net::WallTime now);

// Whether one of the media ranges of an Accept header is exactly this type, and not ruled out (RFC 9110, 12.5.1).
bool accepts(std::string_view accept, std::string_view type);

// The head alone; the body comes piece by piece.
http::Response download_head(feeds::Download::Form form);

}  // namespace api
