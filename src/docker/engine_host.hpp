// Where the Docker Engine is, found as the Docker CLI finds it: DOCKER_HOST, else the context of DOCKER_CONTEXT or of
// config.json, else the usual sockets. TLS by DOCKER_TLS_VERIFY, DOCKER_TLS and DOCKER_CERT_PATH, or by what belongs to
// the context. Reads the environment it is given and files; opens no connection.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "net/network.hpp"

namespace docker {

struct EngineHost {
  net::Endpoint endpoint;
  std::string reason;  // why this one, for the first log line: "DOCKER_HOST is set, with TLS"
};

struct EngineSearch {
  std::function<std::optional<std::string>(const std::string& name)> environment;
  std::string usual_socket = "/var/run/docker.sock";
};

// Fault::unsupported for what dockcast does not speak (ssh, npipe), bad_request for what makes no sense.
base::Result<EngineHost> find_engine(const EngineSearch& search);

// "unix:///path", "tcp://host:port", "host:port"; as above. `usual_port`: where none is named.
base::Result<net::Endpoint> parse_docker_host(const std::string& text, std::uint16_t usual_port = 2375);

}  // namespace docker
