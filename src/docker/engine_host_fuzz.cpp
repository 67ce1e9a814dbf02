// DOCKER_HOST names a socket, a host and a port, or nothing; what it names can be written down and means the same.
#include "base/check.hpp"
#include "docker/engine_host.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  const auto endpoint = docker::parse_docker_host(text);
  if (!endpoint) {
    CHECK(!endpoint.error().message.empty());
    return 0;
  }
  if (!endpoint->path.empty()) {
    CHECK(text == "unix://" + endpoint->path);
    return 0;
  }
  CHECK(endpoint->port != 0 && !endpoint->host.empty());
  const bool ipv6 = endpoint->host.find(':') != std::string::npos;
  const std::string host = ipv6 ? "[" + endpoint->host + "]" : endpoint->host;
  const auto again = docker::parse_docker_host("tcp://" + host + ":" + std::to_string(endpoint->port));
  CHECK(again && again->host == endpoint->host && again->port == endpoint->port);
  return 0;
}
