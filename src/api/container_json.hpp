// Containers (C of protocol.md) as clients see them, and what may be asked of their list. Pure.
#pragma once

#include <string>

#include "api/control.hpp"
#include "http/target.hpp"

namespace api {

// C.
std::string container_json(const docker::Container& container, std::string_view engine);
std::string containers_json(const Containers& containers);
// C, and the Engine's own answer as `inspect`.
std::string inspected_json(const Inspected& inspected);
// Those that a beginning of an id stands for.
std::string candidates_json(const std::vector<docker::Candidate>& candidates);

// all=true, label=…, name=… as `docker ps --filter`. Fault::bad_request where `all` is neither true nor false.
base::Result<docker::ListQuery> container_query(const http::Target& target);

}  // namespace api
