#include "docker/engine_host.hpp"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/log.hpp"
#include "docker/json_fields.hpp"

namespace docker {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using base::Error;
using base::Fault;

// It is repeated in a Host header, so nothing else may be in it. Behind % stands an interface.
constexpr std::string_view name_letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
constexpr std::string_view ipv6_letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:%";
// What the CLI takes where none is named.
constexpr std::uint16_t plain_port = 2375, tls_port = 2376;

Error bad(std::string message) { return {Fault::bad_request, std::move(message)}; }
Error unsupported(std::string message) { return {Fault::unsupported, std::move(message)}; }

net::Endpoint socket_at(std::string path) {
  net::Endpoint endpoint;
  endpoint.path = std::move(path);
  return endpoint;
}

// A variable that is set to nothing counts as not set, as in the CLI.
std::string variable(const EngineSearch& search, const std::string& name) {
  return search.environment(name).value_or(std::string());
}

std::string config_folder(const EngineSearch& search) {
  const std::string set = variable(search, "DOCKER_CONFIG");
  return set.empty() ? variable(search, "HOME") + "/.docker" : set;
}

base::Result<json::value> read_json(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto value = parse_engine_json(text);
  if (!file || !value || !value->is_object()) return bad(path.string() + " cannot be read as a JSON object.");
  return value;
}

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

// The TLS that a folder's ca.pem, cert.pem and key.pem make.
base::Result<net::TlsPeer> tls_of(const fs::path& folder, bool verify) {
  const fs::path authorities = folder / "ca.pem", certificate = folder / "cert.pem", key = folder / "key.pem";
  net::TlsPeer peer;
  peer.verify = verify;
  if (is_there(authorities)) peer.authorities = authorities;
  if (is_there(certificate) != is_there(key)) {
    return bad(folder.string() + " has only one of cert.pem and key.pem; the Engine is shown both or none.");
  }
  if (!is_there(certificate)) return peer;
  peer.certificate = certificate;
  peer.key = key;
  return peer;
}

// By the environment, where no context says it. Any text switches it on, as in the CLI.
base::Result<std::optional<net::TlsPeer>> tls_of_environment(const EngineSearch& search) {
  const bool verify = !variable(search, "DOCKER_TLS_VERIFY").empty();
  if (!verify && variable(search, "DOCKER_TLS").empty()) return std::optional<net::TlsPeer>();
  const std::string set = variable(search, "DOCKER_CERT_PATH");
  const fs::path folder = set.empty() ? config_folder(search) : set;
  auto peer = tls_of(folder, verify);
  if (!peer) return peer.error();
  if (verify && peer->authorities.empty()) {
    return bad("DOCKER_TLS_VERIFY is set, but there is no " + (folder / "ca.pem").string() +
               " to verify the Engine by; DOCKER_CERT_PATH names the folder with ca.pem, cert.pem and key.pem.");
  }
  return std::optional(std::move(*peer));
}

EngineHost host_at(net::Endpoint endpoint, std::string reason) {
  if (endpoint.tls) reason += endpoint.tls->verify ? ", with TLS" : ", with TLS that verifies nobody";
  return {std::move(endpoint), std::move(reason)};
}

struct ContextName {
  std::string name;
  std::string said_by;
};
base::Result<ContextName> context_name(const EngineSearch& search) {
  if (std::string set = variable(search, "DOCKER_CONTEXT"); !set.empty()) {
    return ContextName{std::move(set), "DOCKER_CONTEXT is set"};
  }
  const fs::path config = config_folder(search) + "/config.json";
  std::error_code error;
  if (!fs::exists(config, error)) return ContextName{};
  auto value = read_json(config);
  if (!value) return value.error();
  return ContextName{string_field(*value, {"currentContext"}), config.string() + " names it as the current context"};
}

// Each context has a folder named by a hash of its name; the name is in the file, so that we need no hash.
base::Result<EngineHost> find_in_contexts(const EngineSearch& search, const ContextName& context) {
  const fs::path contexts = config_folder(search) + "/contexts";
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(contexts / "meta", error)) {
    const fs::path path = entry.path() / "meta.json";
    if (!fs::exists(path, error)) continue;
    auto value = read_json(path);
    if (!value || string_field(*value, {"Name"}) != context.name) continue;
    const bool verify = !bool_field(*value, {"Endpoints", "docker", "SkipTLSVerify"});
    auto tls = tls_of(contexts / "tls" / entry.path().filename() / "docker", verify);
    if (!tls) return tls.error();
    const bool is_tls = *tls != net::TlsPeer{};
    auto endpoint =
        parse_docker_host(string_field(*value, {"Endpoints", "docker", "Host"}), is_tls ? tls_port : plain_port);
    if (!endpoint) return Error{endpoint.error().fault, path.string() + ": " + endpoint.error().message};
    if (is_tls && endpoint->path.empty()) endpoint->tls = std::move(*tls);
    return host_at(std::move(*endpoint), "Docker context " + context.name + ", because " + context.said_by);
  }
  return bad("There is no Docker context " + context.name + " under " + contexts.string() + ", but " + context.said_by +
             ".");
}

base::Result<EngineHost> usual_place(const EngineSearch& search) {
  std::error_code error;
  if (fs::exists(search.usual_socket, error)) {
    return EngineHost{socket_at(search.usual_socket), "the usual socket, and nothing else is configured"};
  }
  const std::string runtime = variable(search, "XDG_RUNTIME_DIR");
  if (std::string rootless = runtime + "/docker.sock"; !runtime.empty() && fs::exists(rootless, error)) {
    return EngineHost{socket_at(rootless), "the rootless Engine's socket, there is no " + search.usual_socket};
  }
  return EngineHost{socket_at(search.usual_socket), "the usual socket, though it is not there yet"};
}

base::Result<net::Endpoint> parse_host_and_port(std::string_view text, std::uint16_t usual_port) {
  net::Endpoint endpoint;
  endpoint.port = usual_port;
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == text.npos) return bad("the IPv6 address has no ']'.");
    endpoint.host = text.substr(1, end - 1);
    port = text.substr(end + 1);
  } else {
    const auto colon = text.find(':');
    endpoint.host = text.substr(0, colon);
    if (colon != text.npos) port = text.substr(colon);
  }
  if (endpoint.host.empty()) endpoint.host = "localhost";
  const bool ipv6 = text.starts_with('[');
  const bool lettered = endpoint.host.find_first_not_of(ipv6 ? ipv6_letters : name_letters) == std::string::npos;
  if (!lettered || (ipv6 && endpoint.host.find(':') == std::string::npos)) {
    return bad("\"" + base::log::escaped(text) + "\" names no host.");
  }
  if (port.empty()) return endpoint;
  const auto [end, error] = std::from_chars(port.data() + 1, port.data() + port.size(), endpoint.port);
  if (port.front() != ':' || error != std::errc() || end != port.data() + port.size() || endpoint.port == 0) {
    return bad("\"" + std::string(text) + "\" does not end in a port number.");
  }
  return endpoint;
}

}  // namespace

base::Result<net::Endpoint> parse_docker_host(const std::string& text, std::uint16_t usual_port) {
  const auto colon = text.find("://");
  const std::string scheme = colon == text.npos ? "tcp" : text.substr(0, colon);
  std::string rest = colon == text.npos ? text : text.substr(colon + 3);
  if (text.empty()) return bad("the Engine's address is empty.");
  if (scheme == "unix") {
    if (!rest.starts_with('/')) return bad("\"" + text + "\" has no absolute path.");
    return socket_at(std::move(rest));
  }
  if (scheme == "tcp") {
    if (rest.ends_with('/')) rest.pop_back();
    if (rest.find('/') != rest.npos) return unsupported("\"" + text + "\" has a path, which is not supported.");
    return parse_host_and_port(rest, usual_port);
  }
  if (scheme == "ssh") {
    return unsupported("ssh:// is not supported; forward the socket (ssh -L /tmp/docker.sock:/var/run/docker.sock …) " +
                       std::string("and use unix:///tmp/docker.sock."));
  }
  if (scheme == "npipe" || scheme == "fd") return unsupported(scheme + ":// is not supported.");
  return bad("\"" + text + "\" is no address of a Docker Engine (unix:///path or tcp://host:port).");
}

base::Result<EngineHost> find_engine(const EngineSearch& search) {
  const std::string set = variable(search, "DOCKER_HOST");
  auto context = set.empty() ? context_name(search) : ContextName{};
  if (!context) return context.error();
  if (!context->name.empty() && context->name != "default") return find_in_contexts(search, *context);
  auto tls = tls_of_environment(search);
  if (!tls) return tls.error();
  if (set.empty() && !*tls) return usual_place(search);
  auto endpoint = parse_docker_host(set.empty() ? "tcp://localhost" : set, *tls ? tls_port : plain_port);
  if (!endpoint) return Error{endpoint.error().fault, "DOCKER_HOST: " + endpoint.error().message};
  if (*tls && !endpoint->path.empty()) {
    return bad(
        "DOCKER_HOST names a socket, which speaks no TLS, but DOCKER_TLS_VERIFY or DOCKER_TLS is set; unset it.");
  }
  endpoint->tls = std::move(*tls);
  return host_at(std::move(*endpoint), set.empty() ? "no DOCKER_HOST is set" : "DOCKER_HOST is set");
}

}  // namespace docker
