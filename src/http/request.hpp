// Request: one request as a server got it, whole, checked and decoded. A plain value; made by RequestReader.
#pragma once

#include <string>

#include "http/headers.hpp"
#include "http/target.hpp"

namespace http {

struct Request {
  std::string method;  // as sent; methods are case-sensitive
  Target target;
  int version_minor = 1;  // HTTP/1.x
  Headers headers;
  std::string host;  // whom the client meant to reach: the Host header, or the authority of an absolute target
  bool keep_alive = true;
  std::string body;
};

}  // namespace http
